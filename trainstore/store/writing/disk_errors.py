"""A disk that is full or cannot be written, told in one sentence; git and the kernel say it in many ways."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainstore.errors import GitFailed, TrainstoreError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM}
_LEAST_FREE_BYTES = 64 * 1024  # git does not always say why it could not write


@contextmanager
def disk_errors_told(place: Path, action: str) -> Iterator[None]:
    """Tell in one sentence what a disk refuses, whoever says it.

    Args:
        place: the file or folder that is written, or a folder above it.
        action: what fails then, such as ``write to the store``.

    Raises:
        TrainstoreError: the disk is full, can only be read, or failed.
    """
    try:
        yield
    except (OSError, GitFailed) as error:
        number = _number(error, place)
        if number is None:
            raise
        raise _told(number, _named(error, place), action) from error


def is_full(error: BaseException, place: Path) -> bool:
    """Tell whether it is for want of room on its disk that a place could not be written."""
    return isinstance(error, OSError | GitFailed) and _number(error, place) in _FULL


def _told(number: int, place: Path, action: str) -> TrainstoreError:
    """Return the error for an error number of the kernel's."""
    where = str(place)
    if number in _FULL:
        return TrainstoreError(
            f"Could not {action}: the disk at {str(_mount(place))!r}, which holds {where!r}, is full.",
            "Free some space there, then try again; nothing has to be repaired.",
        )
    if number == errno.EROFS:
        return TrainstoreError(
            f"Could not {action}: {where!r} is on a file system that can only be read.",
            f"Make {str(_mount(place))!r} writable, or work in a clone of the store: git clone.",
        )
    if number in _REFUSED:
        return TrainstoreError(
            f"Could not {action}: you may not write {where!r}.", "See whose it is with: ls -ld"
        )
    return TrainstoreError(f"Could not {action}: {where!r}: {os.strerror(number)}.", "See: trainstore doctor")


def _number(error: OSError | GitFailed, place: Path) -> int | None:
    """Return the kernel's error number behind an error; None where git failed for another reason."""
    if isinstance(error, OSError):
        return error.errno or errno.EIO
    for number in (*_FULL, errno.EROFS):
        if os.strerror(number) in error.message:
            return number
    return errno.ENOSPC if shutil.disk_usage(_there(place)).free < _LEAST_FREE_BYTES else None


def _named(error: OSError | GitFailed, place: Path) -> Path:
    """Return the file that an error names, as far as it says where that is."""
    name = error.filename if isinstance(error, OSError) else None
    named = Path(os.fsdecode(name)) if isinstance(name, str | bytes) else place
    return named if named.is_absolute() else place


def _there(place: Path) -> Path:
    return next(folder for folder in (place, *place.parents) if folder.exists())


def _mount(place: Path) -> Path:
    """Return where the file system that holds a path is mounted."""
    folder = _there(place).resolve()
    return next(above for above in (folder, *folder.parents) if above.is_mount())
