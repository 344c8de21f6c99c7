"""Processes to attack: they have secrets in their environment, command line and memory, and do nothing."""

import os
import subprocess
import sys
from typing import Any

import psutil

_SCRIPT = """
import ctypes, sys
secret = sys.stdin.readline().rstrip("\\n").encode()
held = ctypes.create_string_buffer(secret)
print(ctypes.addressof(held), flush=True)
sys.stdin.read()
"""


class Victims:
    """Two processes of this user: one to be looked into and changed, one to be killed."""

    def __init__(self, secrets: dict[str, str]) -> None:
        self._victim, address = _start(secrets)
        self._mortal, _ = _start(secrets)
        self._process = psutil.Process(self._victim.pid)
        processors = self._process.cpu_affinity() or []
        self._before = self._state()
        self.offered: dict[str, Any] = {
            "victim": self._victim.pid,
            "mortal": self._mortal.pid,
            "address": address,
            "length": len(secrets["memory"]),
        }
        if len(processors) > 1:
            self.offered["processor"] = processors[0]

    @property
    def was_killed(self) -> bool:
        return self._mortal.poll() is not None

    def changed(self, what: str) -> bool:
        """Whether the victim's ``core_limit``, ``processors`` or ``niceness`` are not what they were."""
        return bool(self._state()[what] != self._before[what])

    def close(self) -> None:
        for process in (self._victim, self._mortal):
            process.kill()
            process.communicate()

    def _state(self) -> dict[str, Any]:
        return {
            "core_limit": self._process.rlimit(psutil.RLIMIT_CORE),
            "processors": self._process.cpu_affinity(),
            "niceness": self._process.nice(),
        }


def _start(secrets: dict[str, str]) -> "tuple[subprocess.Popen[str], int]":
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", _SCRIPT, secrets["command_line"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "ATTACKED_API_KEY": secrets["other_environment"]},
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{secrets['memory']}\n")
    process.stdin.flush()
    return process, int(process.stdout.readline())
