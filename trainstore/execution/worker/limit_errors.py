"""Which limit an exception of untrusted code tells of."""

import errno
from collections.abc import Iterator

import safetensors
import torch

from trainstore.execution.outcome import Outcome

_BY_NUMBER: dict[int | None, Outcome] = {
    errno.ENOMEM: "out_of_memory",
    errno.ENOSPC: "disk_limit",
    errno.EDQUOT: "disk_limit",
    errno.EFBIG: "disk_limit",
    errno.EMFILE: "open_file_limit",
}
# Libraries in other languages, and processes that pass an error on, leave the text alone.
_BY_WORDS: dict[str, Outcome] = {
    "out of memory": "out_of_memory",
    "can't allocate memory": "out_of_memory",
    "Cannot allocate memory": "out_of_memory",
    "not enough memory": "out_of_memory",
    "No space left on device": "disk_limit",
    "File too large": "disk_limit",
    "Too many open files": "open_file_limit",
    "can't start new thread": "process_limit",
}
_FORKING = {"fork", "forkpty", "fork_exec", "_fork_exec", "posix_spawn"}
_CHAIN = 10


def limit_told_by(error: BaseException) -> Outcome | None:
    """The outcome that an exception, or one that led to it, stands for; None if it tells of no limit."""
    return next((found for link in _chain(error) if (found := _limit(link))), None)


def message_of(error: BaseException) -> str:
    """The text of an exception, whose own ``__str__`` is untrusted code as well."""
    try:
        return str(error)
    except Exception:
        return "(the exception has no text)"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_CHAIN):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _limit(error: BaseException) -> Outcome | None:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return "out_of_memory"
    if isinstance(error, BlockingIOError) and error.errno == errno.EAGAIN and _was_starting_a_process(error):
        return "process_limit"
    if isinstance(error, OSError) and error.errno in _BY_NUMBER:
        return _BY_NUMBER[error.errno]
    if not isinstance(error, RuntimeError | OSError | safetensors.SafetensorError):
        return None
    message = message_of(error)
    return next((outcome for words, outcome in _BY_WORDS.items() if words in message), None)


def _was_starting_a_process(error: BaseException) -> bool:
    """The same number also stands for a socket that has nothing to read."""
    entry, names = error.__traceback__, set[str]()
    while entry is not None:
        names = set(entry.tb_frame.f_code.co_names)
        entry = entry.tb_next
    return not names.isdisjoint(_FORKING)
