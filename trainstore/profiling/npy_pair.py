"""Two .npy files, X and y: both named, or y found beside X."""

import os
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.profiling.array_stream import check_array_header, read_array
from trainstore.profiling.quoting import quoted
from trainstore.profiling.raw_data import RawData, RawPart


def pair_of(reference: str) -> tuple[Path, Path]:
    """The files of X and y that a reference names.

    ``A.npy,B.npy`` names both; beside ``X.npy`` lies ``y.npy``, beside ``NAME_X.npy`` lies ``NAME_y.npy``.

    Raises:
        InvalidData: the reference fits none of these.
    """
    first, comma, second = reference.partition(".npy,")
    if comma:
        return Path(first + ".npy"), Path(second)
    path = Path(reference)
    if path.stem != "X" and not path.stem.endswith("_X"):
        raise InvalidData(
            f"{quoted(reference)} alone has no y: only X.npy and NAME_X.npy are matched with the y beside them",
            "name both files as X.npy,y.npy, or put X and y into one file with np.savez",
        )
    return path, path.with_name(f"{path.stem[:-1]}y{path.suffix}")


def read_npy_pair(x_path: Path, y_path: Path) -> RawData:
    """Read X and y from two files.

    Raises:
        InvalidData: a file is broken or holds Python objects.
    """
    return RawData({"all": RawPart(read_npy(x_path, "X"), read_npy(y_path, "y"))})


def read_npy(path: Path, name: str) -> NDArray[Any]:
    """Read one array, which messages call by its name. Raises InvalidData."""
    with path.open("rb") as stream:
        check_array_header(stream, os.fstat(stream.fileno()).st_size, name)
        stream.seek(0)
        return read_array(stream, name)
