"""Who is told while objects travel, and how many bytes have."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


def _ignore(*_: object) -> None:
    pass


@dataclass(frozen=True)
class Transfer:
    """Who is told while something is shared: each step in a few words, and how many bytes of how many travelled."""

    on_step: Callable[[str], None] = _ignore
    on_bytes: Callable[[int, int], None] = _ignore


@dataclass
class Travelled:
    """Counts the bytes of several objects that travel at a time.

    Attributes:
        total: of all of them.
    """

    transfer: Transfer
    total: int
    done: int = 0
    _lock: Lock = field(default_factory=Lock)

    def count(self, number: int) -> None:
        """Add bytes that travelled."""
        with self._lock:
            self.done += number
            self.transfer.on_bytes(self.done, self.total)
