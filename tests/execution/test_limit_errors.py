"""Exceptions that tell of a limit, as a worker sorts them."""

import errno
import os
import socket
import subprocess
from collections.abc import Callable

import pytest
import torch

from trainstore.execution.worker.limit_errors import limit_told_by


def raised(action: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:
        action()
    return caught.value


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (MemoryError(), "out_of_memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "out_of_memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out_of_memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "out_of_memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_limit"),
        (OSError(errno.EFBIG, "File too large"), "disk_limit"),
        (
            RuntimeError("Caught OSError in DataLoader worker: [Errno 28] No space left on device"),
            "disk_limit",
        ),
        (OSError(errno.EMFILE, "Too many open files"), "open_file_limit"),
        (RuntimeError("can't start new thread"), "process_limit"),
        (OSError(errno.ENOENT, "No such file"), None),
        (ValueError("out of memory"), None),
        (KeyError("File too large"), None),
    ],
    ids=repr,
)
def test_each_limit_is_recognised(error: Exception, outcome: str | None) -> None:
    assert limit_told_by(error) == outcome


def test_the_error_behind_an_error_counts() -> None:
    def wrap() -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise ValueError("could not save") from error

    def hide() -> None:
        try:
            raise MemoryError
        except MemoryError:
            raise ValueError("another matter") from None

    assert limit_told_by(raised(wrap)) == "disk_limit"
    assert limit_told_by(raised(hide)) is None


def test_errors_that_lead_to_each_other_have_an_end() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert limit_told_by(first) is None


def test_only_a_fork_that_fails_is_a_want_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)

    def fork_directly() -> None:
        try:
            os.fork()
        except BlockingIOError as error:
            # As from the system itself, which has no frame of its own.
            raise error.with_traceback(None)  # noqa: B904

    def read_nothing() -> None:
        left, right = socket.socketpair()
        with left, right:
            left.setblocking(False)
            left.recv(1)

    assert limit_told_by(raised(fork_directly)) == "process_limit"
    assert limit_told_by(raised(read_nothing)) is None
    assert subprocess.run(["true"], check=False).returncode == 0


def test_an_exception_without_a_text_is_no_obstacle() -> None:
    class Mute(RuntimeError):
        def __str__(self) -> str:
            raise ValueError("no")

    assert limit_told_by(Mute()) is None
