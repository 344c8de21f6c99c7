"""A .npz archive: X and y, or parts its owner divided."""

import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile, ZipFile

from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.profiling.array_stream import check_array_header, check_no_pickle, read_array
from trainstore.profiling.file_checks import check_fits_memory
from trainstore.profiling.quoting import listed, reason_of
from trainstore.profiling.raw_data import RawData, RawPart, named
from trainstore.records.datasets import PartName

Found = TypeVar("Found")

# RuntimeError: encrypted members, unknown compressions; OSError and ValueError: impossible offsets.
_ZIP_ERRORS = (BadZipFile, RuntimeError, OSError, ValueError, zlib.error, lzma.LZMAError, EOFError)
_EXPECTED_HINT = (
    'save X and y, np.savez("data.npz", X=X, y=y);'
    " or, divided by you, X_train, y_train, X_val, y_val and perhaps X_test, y_test"
)
_DIVIDED: tuple[PartName, ...] = ("train", "val")


def read_npz(path: Path) -> RawData:
    """Read the arrays of ``path`` that make a data set; other members are never unpacked.

    Raises:
        InvalidData: not such an archive, arrays missing, broken, too large or holding Python objects.
    """
    return _opened(path, _read_archive)


def read_npz_features(path: Path) -> NDArray[Any]:
    """Read the array ``X`` alone. Raises InvalidData."""
    return _opened(path, _read_features)


def _opened(path: Path, read: Callable[[ZipFile], Found]) -> Found:
    with path.open("rb") as stream:
        check_no_pickle(stream.read(1), "the file")
    try:
        with ZipFile(path) as archive:
            return read(archive)
    except _ZIP_ERRORS as error:
        raise InvalidData(
            f"not a readable .npz archive ({reason_of(error)})", "write it with np.savez"
        ) from error


def _read_archive(archive: ZipFile) -> RawData:
    members = [member for member in archive.namelist() if member.endswith(".npy")]
    parts = choose_parts([member.removesuffix(".npy") for member in members])
    wanted = [named(letter, part) + ".npy" for part in parts for letter in "Xy"]
    check_fits_memory(sum(archive.getinfo(member).file_size for member in wanted), "unpacked, it")
    return RawData(
        {part: RawPart(_read(archive, named("X", part)), _read(archive, named("y", part))) for part in parts}
    )


def _read_features(archive: ZipFile) -> NDArray[Any]:
    if "X.npy" not in archive.namelist():
        names = [member.removesuffix(".npy") for member in archive.namelist() if member.endswith(".npy")]
        raise InvalidData(f"X missing: it holds {listed(names)}", 'np.savez("data.npz", X=X)')
    check_fits_memory(archive.getinfo("X.npy").file_size, "unpacked, it")
    return _read(archive, "X")


def choose_parts(names: list[str]) -> tuple[PartName, ...]:
    """The parts to read, given the names of the arrays that are there.

    Raises:
        InvalidData: an array that is needed is missing, or both forms are there.
    """
    whole = "X" in names or "y" in names
    test = "X_test" in names or "y_test" in names
    divided = test or any(named(letter, part) in names for part in _DIVIDED for letter in "Xy")
    if whole and divided:
        raise InvalidData(
            f"both whole and divided: it holds {listed(names)}",
            "keep X and y, or keep X_train, y_train, X_val, y_val and perhaps X_test, y_test",
        )
    parts: tuple[PartName, ...] = ("all",)
    if divided:
        parts = (*_DIVIDED, "test") if test else _DIVIDED
    missing = [named(letter, part) for part in parts for letter in "Xy" if named(letter, part) not in names]
    if missing:
        raise InvalidData(f"{', '.join(missing)} missing: it holds {listed(names)}", _EXPECTED_HINT)
    return parts


def _read(archive: ZipFile, name: str) -> NDArray[Any]:
    info = archive.getinfo(name + ".npy")
    with archive.open(info) as stream:
        check_array_header(stream, info.file_size, name)
    with archive.open(info) as stream:
        return read_array(stream, name)
