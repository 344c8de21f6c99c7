"""The environment of a process as others see it, in ``/proc/PID/environ``."""

import ctypes
from collections.abc import Mapping
from pathlib import Path

ROOM = "TRAINSTORE_ROOM"  # a variable whose only use is that its value takes place
ROOM_BYTES = 16 << 10

_START = 47  # of the fields behind the program's name: "env_start", and "env_end" after it


def show_environment(environment: Mapping[str, str]) -> None:
    """Show these variables instead of those that the process was started with.

    By its home folder there, a process of a job is found when its supervisor was killed.
    """
    status = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
    start, end = map(int, status[_START : _START + 2])
    shown = b"".join(f"{name}={value}\0".encode() for name, value in environment.items())
    # The value of ROOM is as long as all others may become.
    ctypes.memmove(start, shown[: end - start].ljust(end - start, b"\0"), end - start)
