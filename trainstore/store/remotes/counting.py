"""How many bytes travelled, however a file system counts them."""

from collections.abc import Callable

from fsspec.callbacks import Callback

OnBytes = Callable[[int], None]


class Counting(Callback):  # type: ignore[misc]
    """Tells how many bytes came since it was told last, however a file system counts; a copy by the kernel it does not."""

    def __init__(self, on_bytes: OnBytes) -> None:
        super().__init__()
        self._on_bytes = on_bytes

    def relative_update(self, inc: int = 1) -> None:
        self.value += inc
        self._on_bytes(inc)

    def absolute_update(self, value: int) -> None:
        if value != self.value:
            self.relative_update(value - self.value)
