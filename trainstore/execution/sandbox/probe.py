"""What works on this machine. Each question is asked once in a process; an answer is empty or says why not."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from trainstore.execution.sandbox.bubblewrap import namespace_options
from trainstore.execution.sandbox.identity import SETGID, SETUID, SYS_ADMIN, capabilities
from trainstore.execution.sandbox.landlock import landlock_abi
from trainstore.execution.sandbox.seccomp import check_filter

_PATIENCE_S = 20.0


def bubblewrap_program() -> str | None:
    """Where ``bwrap`` is; None where it is not installed."""
    found = shutil.which("bwrap")
    return found if found and os.path.isabs(found) else None


@cache
def needs_user_namespace() -> bool:
    """Whether other namespaces can only be had in a user namespace; otherwise a worker changes to another user."""
    return os.getuid() != 0 or not {SYS_ADMIN, SETUID, SETGID} <= capabilities()


@cache
def why_no_bubblewrap(program: str | None) -> str:
    """Run a program that does nothing in bubblewrap."""
    if program is None:
        return "the program bwrap is not installed"
    files = (
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--size",
        "65536",
        "--perms",
        "1777",
        "--tmpfs",
        "/tmp",
    )
    return _refusal([program, *namespace_options(needs_user_namespace()), *files, "--", program, "--version"])


@cache
def why_no_unshare() -> str:
    """Have another process leave its namespaces."""
    command = [sys.executable, "-P", "-s", "-S", "-m", "trainstore.execution.sandbox.trial"]
    return _refusal([*command, "user" if needs_user_namespace() else "none"])


@cache
def why_no_landlock() -> str:
    """Ask the kernel."""
    try:
        landlock_abi()
    except OSError as error:
        return f"the kernel has none, or it is switched off ({os.strerror(error.errno or 0)})"
    return ""


@cache
def why_no_seccomp() -> str:
    """Ask the kernel."""
    try:
        check_filter()
    except OSError as error:
        return str(error.strerror)
    return ""


def _refusal(command: list[str]) -> str:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            cwd="/",
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if ended.returncode == 0:
        return ""
    lines = ended.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("bwrap: ") if lines else f"it ended with exit status {ended.returncode}"
