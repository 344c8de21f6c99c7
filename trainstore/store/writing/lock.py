"""The writer's lock: held by the kernel, so that it dies with its holder."""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainstore.errors import StoreLocked

_POLL_SECONDS = 0.02


@contextmanager
def writer_lock(state: Path, wait_seconds: float = 60.0) -> Iterator[None]:
    """Hold the store for writing.

    Args:
        state: the store's folder of passing state; made where it is missing.
        wait_seconds: how long to wait for another writer.

    Raises:
        StoreLocked: another process held it all that time; the message names it.
    """
    state.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not locked_within(descriptor, fcntl.LOCK_EX, wait_seconds):
            holder = os.pread(descriptor, 200, 0).decode(errors="replace") or "another process"
            raise StoreLocked(
                f"The store is being written by {holder}; waited {wait_seconds:.0f} s.",
                "Wait for it to end, then try again; the lock goes when the process does.",
            )
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}, {Path(sys.argv[0]).name}".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def is_held(state: Path) -> bool:
    """Tell whether a writer is at work; nothing is written."""
    return is_locked(state / "lock")


def is_locked(file: Path) -> bool:
    """Tell whether a process holds a kernel lock of a file; nothing is written."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def held_since(state: Path) -> int:
    """Return when the lock was last taken, in nanoseconds by the file system's own clock."""
    return (state / "lock").stat().st_mtime_ns


def locked_within(descriptor: int, operation: int, wait_seconds: float) -> bool:
    """Ask the kernel for a lock of an open file, as ``fcntl.flock`` knows it, until it gives it or the time is over."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
