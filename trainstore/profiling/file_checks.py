"""Checks of a file before it is read: that it is one, and that it can fit in memory."""

from pathlib import Path

from trainstore.errors import InvalidData
from trainstore.machine import memory_bytes
from trainstore.profiling.quoting import quoted

PICKLE_REASON = "holds pickled Python objects, which can run code when loaded"


def check_data_file(path: Path) -> None:
    """Refuse what is missing, not a regular file, empty, or larger than the memory there is.

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
    """Refuse ``size`` bytes where they exceed the memory that this process may have.

    Raises:
        InvalidData: naming both sizes.
    """
    memory = memory_bytes()
    if size > memory:
        raise InvalidData(
            f"{what} needs {size / 1e9:.1f} GB of memory, and this process may have {memory / 1e9:.1f} GB",
            "use a smaller part of the data, or check that the file is what it should be",
        )
