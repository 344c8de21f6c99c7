"""What all attacks share: the form of their bait, and ways to call the system that Python has no name for."""

import ctypes
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Bait = Mapping[str, Any]

# x86-64, aarch64
_NUMBERS = {
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),
}


class Stopped(Exception):
    """Something other than an error of the system was in the way; the text is one word for it."""


def job_folder() -> Path:
    """The job folder, found from the training function's own file."""
    return Path(str(sys.modules["training_function"].__file__)).resolve().parents[1]


def scratch() -> Path:
    """A folder that the worker may write to."""
    return Path.cwd()


def call(name: str, *arguments: Any) -> int:
    """A function of the C library.

    Raises:
        OSError: it failed.
    """
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.restype = ctypes.c_long
    ctypes.set_errno(0)
    return _checked(function(*arguments))


def system_call(name: str, *arguments: Any) -> int:
    """A system call that the C library has no function for.

    Raises:
        OSError: it failed.
        Stopped: its number on this processor is not known.
    """
    machine = platform.machine()
    if machine not in ("x86_64", "aarch64"):
        raise Stopped("unknown processor")
    number = _NUMBERS[name][machine == "aarch64"]
    function = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long
    ctypes.set_errno(0)
    return _checked(function(ctypes.c_long(number), *arguments))


def _checked(returned: int) -> int:
    number = ctypes.get_errno()
    if returned == -1 and number:
        raise OSError(number, os.strerror(number))
    return returned
