"""A .safetensors file: X and y, or parts its owner divided."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from trainstore.errors import InvalidData
from trainstore.profiling.npz_file import choose_parts
from trainstore.profiling.quoting import listed, quoted, reason_of
from trainstore.profiling.raw_data import RawData, RawPart, named

Found = TypeVar("Found")


def read_safetensors(path: Path) -> RawData:
    """Read the tensors of ``path`` that make a data set, by the names that an .npz archive has; no others.

    Raises:
        InvalidData: not such a file, tensors missing, or of a type that numpy lacks.
    """

    def read(file: Any) -> RawData:
        parts = choose_parts(list(file.keys()))
        pairs = {part: (_read(file, named("X", part)), _read(file, named("y", part))) for part in parts}
        return RawData({part: RawPart(X, y) for part, (X, y) in pairs.items()})

    return _opened(path, read)


def read_safetensors_features(path: Path) -> NDArray[Any]:
    """Read the tensor ``X`` alone. Raises InvalidData."""

    def read(file: Any) -> NDArray[Any]:
        names = list(file.keys())
        if "X" not in names:
            raise InvalidData(f"X missing: it holds {listed(names)}", "save X by this name")
        return _read(file, "X")

    return _opened(path, read)


def _opened(path: Path, read: Callable[[Any], Found]) -> Found:
    try:
        with safe_open(path, framework="numpy") as file:
            return read(file)
    except SafetensorError as error:
        raise InvalidData(
            f"not a readable .safetensors file ({reason_of(error)})",
            "write it with safetensors.numpy.save_file({'X': X, 'y': y}, PATH)",
        ) from error


def _read(file: Any, name: str) -> NDArray[Any]:
    try:
        array: NDArray[Any] = file.get_tensor(name)
    except (TypeError, AttributeError) as error:
        kind = file.get_slice(name).get_dtype()
        raise InvalidData(
            f"{name} holds {quoted(kind)} values, which numpy lacks", "save it as float32"
        ) from error
    return array
