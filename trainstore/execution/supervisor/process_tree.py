"""A process and all that descend from it: gathered under this process, and ended to the last one."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import psutil

_SET_CHILD_SUBREAPER = 36
_ROUNDS = 500
_ROUND_SECONDS = 0.01


def adopt_orphans() -> None:
    """Make orphaned descendants, also those in other sessions, children of this process; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap(seen: dict[int, int]) -> None:
    """Put each child that has ended into ``seen``: its id and its exit code, negative for a signal."""
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            seen[pid] = os.waitstatus_to_exitcode(status)


def end_descendants(collect: Callable[[], None]) -> int:
    """Kill every descendant of this process and reap it; return how many would not die.

    One killing is not enough: a process may be started between the listing and the signal.
    """
    this = psutil.Process()
    living: list[psutil.Process] = []
    for _ in range(_ROUNDS):
        collect()
        living = this.children(recursive=True)
        if not living:
            return 0
        for process in living:
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process.send_signal(signal.SIGKILL)
        time.sleep(_ROUND_SECONDS)
    return len(living)
