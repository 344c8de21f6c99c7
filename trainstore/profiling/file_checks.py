"""Checks of a file before it is read: that it is one, and that it can fit in memory."""

import os
from pathlib import Path

from trainstore.errors import InvalidData
from trainstore.profiling.quoting import quoted

PICKLE_REASON = "holds pickled Python objects, which can run code when loaded"


def check_data_file(path: Path) -> None:
    """Refuse what is missing, not a regular file, empty, or larger than this machine's memory.

    Raises:
        InvalidData: with the path at fault.
    """
    if not path.exists():
        raise InvalidData(
            f"there is no file {quoted(str(path))}",
            "check the path; data that comes with scikit-learn is named sklearn:NAME, such as sklearn:digits",
        )
    if path.is_dir():
        raise InvalidData(f"{quoted(str(path))} is a folder", "name one data file inside it")
    if not path.is_file():
        raise InvalidData(
            f"{quoted(str(path))} is not a regular file", "copy what it yields into a file first"
        )
    size = path.stat().st_size
    if size == 0:
        raise InvalidData(f"{quoted(str(path))} is empty", "write the data again; the file has no bytes")
    check_fits_memory(size, f"{quoted(str(path))}")


def check_fits_memory(size: int, what: str) -> None:
    """Refuse ``size`` bytes where they exceed the machine's physical memory.

    Raises:
        InvalidData: naming both sizes.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if size > memory:
        raise InvalidData(
            f"{what} needs {size / 1e9:.1f} GB of memory, and this machine has {memory / 1e9:.1f} GB",
            "use a smaller part of the data, or check that the file is what it should be",
        )
