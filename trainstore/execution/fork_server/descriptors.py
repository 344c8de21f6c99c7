"""Gives a process the descriptors that it is to have, and no other."""

import fcntl
import os
from collections.abc import Iterable, Mapping

_HIGHEST = 1 << 16


def place_descriptors(numbers: Mapping[int, int]) -> None:
    """Have each file under its number, open for programs started too, and close all others.

    Args:
        numbers: by the number that a file is to have, the number that it has.
    """
    above = max(numbers) + 1
    moved = {wanted: fcntl.fcntl(has, fcntl.F_DUPFD_CLOEXEC, above) for wanted, has in numbers.items()}
    for wanted, has in moved.items():
        os.dup2(has, wanted)
    _close_all_but(numbers)


def _close_all_but(kept: Iterable[int]) -> None:
    lowest = 0
    for number in sorted(kept):
        if lowest < number:  # Python 3.11 takes an empty range that ends at 0 for all there are
            os.closerange(lowest, number)
        lowest = number + 1
    os.closerange(lowest, _HIGHEST)
