"""What a worker prints: its end is kept, and all of it passed on as far as the reader keeps up."""

import os
from contextlib import suppress


class BoundedOutput:
    """Counts, keeps the last ``kept_bytes``, and forwards to a descriptor without ever waiting for it."""

    def __init__(self, kept_bytes: int, forward_to: int) -> None:
        self.total = 0
        self._kept_bytes = kept_bytes
        self._kept = bytearray()
        self._forward_to = forward_to
        os.set_blocking(forward_to, False)

    def add(self, chunk: bytes) -> None:
        """Take what was read; a reader that is slow or gone loses it, the kept end does not."""
        self.total += len(chunk)
        self._kept += chunk
        del self._kept[: max(0, len(self._kept) - self._kept_bytes)]
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self._forward_to, chunk)

    @property
    def tail(self) -> str:
        return self._kept.decode("utf-8", errors="replace")
