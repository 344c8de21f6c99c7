"""A process and all that descend from it: gathered under this process, and ended to the last one."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import psutil

from trainstore.execution.supervisor.proc_files import read_proc

_SET_CHILD_SUBREAPER = 36
_ROUNDS = 500
_ROUND_SECONDS = 0.01
_LISTS_CHILDREN = os.path.exists(f"/proc/self/task/{os.getpid()}/children")


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


def outrun_descendants() -> None:
    """Let this process, and none that it starts, run before all others, where that is allowed.

    Among hundreds of processes that start more, it would otherwise get its turn too seldom to end them.
    """
    if sys.platform == "linux":
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def descendants(most: int | None = None) -> list[int]:
    """Return the processes below this one; not many more than ``most``, as a tree may grow without end.

    One that starts or ends meanwhile may be missed.
    """
    if not _LISTS_CHILDREN:
        return [process.pid for process in psutil.Process().children(recursive=True)]
    found = _children(os.getpid())
    for pid in found:
        if most is not None and len(found) > most:
            break
        found += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    """Each thread has a list of the children that it started."""
    children: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                children += map(int, read_proc(f"/proc/{pid}/task/{thread}/children").split())
    return children


def end_descendants(collect: Callable[[], None]) -> int:
    """Kill every descendant of this process and reap it; return how many would not die.

    One killing is not enough: a process may be started between the listing and the signal. But of a process
    group, the system lets none get away.
    """
    living: list[int] = []
    for _ in range(_ROUNDS):
        collect()
        living = descendants()
        if not living:
            return 0
        for group in _groups(living) - {os.getpgrp()}:
            _kill(os.killpg, group)
        for pid in living:
            _kill(os.kill, pid)
        time.sleep(_ROUND_SECONDS)
    return len(living)


def _groups(pids: Iterable[int]) -> set[int]:
    groups = set()
    for pid in pids:
        with suppress(ProcessLookupError):
            groups.add(os.getpgid(pid))
    return groups


def _kill(send: Callable[[int, int], None], target: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        send(target, signal.SIGKILL)
