"""One array in numpy's .npy format, read from a stream without trusting its header."""

import math
from io import BytesIO
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.profiling.file_checks import PICKLE_REASON
from trainstore.profiling.quoting import reason_of

_LONGEST_HEADER = 16_384  # bytes; numpy itself parses at most 10,000
# A header is a Python literal; a broken one can fail in any of the ways that parsing Python can.
_HEADER_ERRORS = (ValueError, TypeError, SyntaxError, TokenError, RecursionError, MemoryError, EOFError)
# Version 3.0 only adds names outside Latin-1 for structured arrays, which are refused anyway.
_HEADER_READERS = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}
_PICKLE_HINT = 'save plain numbers or text instead, such as np.save("y.npy", y.astype(str))'


def check_no_pickle(start: bytes, name: str) -> None:
    """Refuse what starts as a bare pickle does."""
    if start.startswith(b"\x80"):  # the first byte of every pickle since protocol 2
        raise InvalidData(f"{name} {PICKLE_REASON}", _PICKLE_HINT)


def check_array_header(stream: IO[bytes], size: int, name: str) -> None:
    """Read the header alone, and refuse what must not or cannot be loaded.

    Args:
        stream: placed at the start of the array; left anywhere.
        size: bytes of the whole stream, header included.
        name: what to call the array in messages.

    Raises:
        InvalidData: broken header, Python objects, records, or more values claimed than are there.
    """
    # No more than this is read: a header may claim to be 4 GiB long, and room for that would be made.
    head = BytesIO(stream.read(_LONGEST_HEADER))
    check_no_pickle(head.getvalue(), name)
    shape, dtype = _read_header(head, name)
    if dtype.hasobject:
        raise InvalidData(f"{name} {PICKLE_REASON}", _PICKLE_HINT)
    if dtype.kind == "V":
        raise InvalidData(f"{name} is a structured array", "save its columns as one plain array")
    # An item of no bytes, as in '<U0', would let a small file claim any number of values.
    claimed = math.prod(shape) * max(1, dtype.itemsize)
    if min(shape, default=0) < 0 or claimed > size - head.tell():
        raise InvalidData(
            f"{name} claims shape {shape!s:.60} of {dtype}, more than the {size} bytes it has",
            "the file is cut short or broken: save it again",
        )


def _read_header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    try:
        version = npy_format.read_magic(stream)
        if version not in _HEADER_READERS:
            raise ValueError(f"format version {version}")
        shape, _, dtype = _HEADER_READERS[version](stream)
    except _HEADER_ERRORS as error:
        raise InvalidData(
            f"{name} is not an array in numpy's .npy format", "write it with np.save"
        ) from error
    return shape, dtype


def read_array(stream: IO[bytes], name: str) -> NDArray[Any]:
    """Load the array whose header was checked; pickles are refused once more here."""
    try:
        array: NDArray[Any] = npy_format.read_array(stream, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InvalidData(
            f"{name} cannot be read: {reason_of(error)}", "the file is broken: save it again"
        ) from error
    return array
