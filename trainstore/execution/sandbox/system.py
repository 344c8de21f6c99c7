"""System calls that Python has no function for, through the C library, with errors as ``OSError``."""

import ctypes
import os
from functools import cache

SET_PARENT_DEATH_SIGNAL = 1
SET_DUMPABLE = 4
DROP_FROM_BOUNDING_SET = 24
SET_NO_NEW_PRIVILEGES = 38


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def system_call(number: int, *arguments: object, what: str) -> int:
    """Make a system call by its number; ``what`` names it in the error.

    Raises:
        OSError: the system refused.
    """
    return _checked(_library().syscall(ctypes.c_long(number), *arguments), what)


def process_control(option: int, *values: int, what: str) -> int:
    """Call ``prctl``. Raises OSError."""
    padded = [*values, *[0] * (4 - len(values))]
    return _checked(_library().prctl(option, *map(ctypes.c_ulong, padded)), what)


def unshare(flags: int) -> None:
    """Leave the namespaces that the flags name, for new ones. Raises OSError."""
    _checked(_library().unshare(flags), "unshare")


def mount(source: str, place: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Call ``mount``. Raises OSError."""
    encoded = [None if text is None else os.fsencode(text) for text in (source, place, kind, options)]
    _checked(
        _library().mount(*encoded[:3], ctypes.c_ulong(flags), encoded[3]),
        f"mount {kind or source} on {place}",
    )


def detach(place: str) -> None:
    """Unmount a tree as soon as nothing uses it any more. Raises OSError."""
    _checked(_library().umount2(os.fsencode(place), 2), f"umount {place}")


def set_capabilities(header: bytes, data: bytes) -> None:
    """Call ``capset``. Raises OSError."""
    _checked(_library().capset(header, data), "capset")
