"""Folders in the system's folder for temporary files. One whose process was killed goes when the next one is made."""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trainstore.execution.remove_folder import remove_folder

_NAME = re.compile(r"ts-(?:job|data|model)-[a-z0-9_]{8}")
_OWNER = "owner"  # locked by the kernel while its process lives; names the machine, as not every disk locks across machines
_MOST_BYTES = 1_000


@contextmanager
def passing_folder(kind: str) -> Iterator[Path]:
    """Make an empty folder, closed to other users; it is gone afterwards, whatever happens.

    Args:
        kind: ``job``, ``data`` or ``model``.
    """
    _remove_left()
    root = Path(tempfile.mkdtemp(prefix=f"ts-{kind}-")).resolve()
    descriptor = -1
    try:
        descriptor = _own(root)
        yield root
    finally:
        remove_folder(root)
        if descriptor >= 0:
            os.close(descriptor)


def _own(root: Path) -> int:
    """Mark a folder as this process's, and return the descriptor that holds the lock."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(root / _OWNER, flags, 0o600)
    with suppress(OSError):  # what is not marked whole is nobody's to remove
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, _machine())
    return descriptor


def _machine() -> bytes:
    return os.uname().nodename.encode()[:_MOST_BYTES]


def _remove_left() -> None:
    """Remove folders of this user whose process is surely gone: it was of this machine, and holds its lock no more."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                with suppress(OSError):  # another process was faster
                    _remove_if_left(entry)


def _remove_if_left(entry: "os.DirEntry[str]") -> None:
    found = entry.stat(follow_symlinks=False)
    if not entry.is_dir(follow_symlinks=False) or found.st_uid != os.geteuid():
        return
    descriptor = os.open(
        os.path.join(entry, _OWNER), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    )
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # One that was just made is empty as yet.
        if os.read(descriptor, _MOST_BYTES) == _machine() != b"":
            remove_folder(Path(entry))
    finally:
        os.close(descriptor)
