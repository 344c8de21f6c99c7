"""A terminal that somebody works at."""

import os
import pty
from contextlib import suppress
from typing import Any

_MOST_BYTES = 4_096


class Terminal:
    """A pseudo terminal.

    Attributes:
        offered: for the attack: its name.
        typed: what its input has got, once settled.
        written: what its screen has got, the echo of what was typed included.
    """

    def __init__(self) -> None:
        self._screen, self._keyboard = pty.openpty()
        self.offered: dict[str, Any] = {"terminal": os.ttyname(self._keyboard)}
        os.chmod(self._keyboard, 0o666)

        self.typed = b""
        self.written = b""

    def settle(self) -> None:
        """Look at what a program that reads from it would get, and at what a person would see."""
        self.typed = _read(self._keyboard)
        self.written = _read(self._screen)

    def close(self) -> None:
        os.close(self._keyboard)
        os.close(self._screen)


def _read(descriptor: int) -> bytes:
    os.set_blocking(descriptor, False)
    with suppress(OSError):
        return os.read(descriptor, _MOST_BYTES)
    return b""
