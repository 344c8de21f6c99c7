"""Puts the memory of a process into huge pages, of which a fork has 500 times fewer to note down."""

import ctypes
from collections.abc import Iterator
from pathlib import Path

_COLLAPSE = 25  # MADV_COLLAPSE, since Linux 6.1
_SIZE = 2 << 20  # bytes, on x86-64 and on most others
_HEAP = "[heap]"


def use_huge_pages() -> None:
    """Do so for all that it may write to; a kernel that cannot leaves it as it is."""
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in _own_memory():
        first = -(-start // _SIZE) * _SIZE
        last = end // _SIZE * _SIZE
        if first < last:
            advise(first, last - first, _COLLAPSE)


def _own_memory() -> Iterator[tuple[int, int]]:
    """The first address, and the one behind the last, of each region that no file lies behind."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, _, _, _, *name = line.split(maxsplit=5)
        if rights == "rw-p" and name in ([], [_HEAP]):
            start, end = (int(address, 16) for address in addresses.split("-"))
            yield start, end
