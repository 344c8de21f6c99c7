"""A .safetensors file: X and y, or parts its owner divided."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from trainstore.errors import InvalidData
from trainstore.profiling.npz_file import choose_parts
from trainstore.profiling.quoting import quoted, reason_of
from trainstore.profiling.raw_data import RawData, RawPart, named


def read_safetensors(path: Path) -> RawData:
    """Read the tensors of ``path`` that make a data set, by the names that an .npz archive has; no others.

    Raises:
        InvalidData: not such a file, tensors missing, or of a type that numpy lacks.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            parts = choose_parts(list(file.keys()))
            return RawData(
                {
                    part: RawPart(_read(file, named("X", part)), _read(file, named("y", part)))
                    for part in parts
                }
            )
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
