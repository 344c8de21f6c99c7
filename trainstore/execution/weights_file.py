"""The header of a ``weights.safetensors`` file, read as data and checked against the file's size."""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from trainstore.execution.strict_json import parse_strictly

HEADER_BYTES = 16 << 20  # the format allows more; this is room for a hundred thousand tensors

_VALUES = 2_000_000
_DIMENSIONS = 64
_LONGEST = 1 << 63
_SHOWN = 100

_BITS = {"BOOL": 8, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
_BITS |= {name: 8 for name in ("U8", "I8", "F8_E4M3", "F8_E4M3FNUZ", "F8_E5M2", "F8_E5M2FNUZ", "F8_E8M0")}
_BITS |= {f"{kind}{bits}": bits for kind in "UIF" for bits in (16, 32, 64)} | {"BF16": 16}


class InvalidWeights(ValueError):
    """The file is not a well-formed safetensors file."""


@dataclass(frozen=True)
class StoredTensor:
    """One tensor's type, as safetensors names it, its shape, and its place behind the header."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True)
class WeightsHeader:
    """What a weights file says of itself.

    Attributes:
        tensors: by name.
        aliases: other names of tied tensors, to the name under which each is stored.
    """

    tensors: Mapping[str, StoredTensor]
    aliases: Mapping[str, str]


def read_weights_header(file: BinaryIO) -> WeightsHeader:
    """Read and check the header of a file that untrusted code may have written.

    Raises:
        InvalidWeights: with what is wrong.
    """
    size = file.seek(0, 2)
    file.seek(0)
    if size < 8:
        raise InvalidWeights(f"the file has {size} bytes, too few for a header")
    (length,) = struct.unpack("<Q", file.read(8))
    if length > min(HEADER_BYTES, size - 8):
        raise InvalidWeights(f"the header claims {length} bytes")
    header = _parse(file.read(length))
    metadata = header.pop("__metadata__", {})
    tensors = {name: _stored_tensor(name, entry) for name, entry in header.items()}
    _check_places(tensors, size - 8 - length)
    return WeightsHeader(tensors, _aliases(metadata, tensors))


def _parse(text: bytes) -> dict[str, Any]:
    try:
        header = parse_strictly(text, _VALUES)
    except ValueError as error:
        raise InvalidWeights("the header is not JSON, or names a tensor twice") from error
    if not isinstance(header, dict):
        raise InvalidWeights("the header is not a JSON object")
    return header


def _stored_tensor(name: str, entry: Any) -> StoredTensor:
    match entry:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [int(start), int(end)]} if (
            dtype in _BITS
        ):
            # Checked before they are multiplied: a product of many large numbers takes hours.
            if len(shape) <= _DIMENSIONS and all(
                type(length) is int and 0 <= length < _LONGEST for length in shape
            ):
                bits = math.prod(shape) * _BITS[dtype]
                if 0 <= start <= end and bits == 8 * (end - start):
                    return StoredTensor(dtype, tuple(shape), start, end)
    raise InvalidWeights(f"the header's entry of tensor {name[:_SHOWN]!r} makes no sense")


def _check_places(tensors: Mapping[str, StoredTensor], size: int) -> None:
    place = 0
    for tensor in sorted(tensors.values(), key=lambda tensor: (tensor.start, tensor.end)):
        if tensor.start != place:
            raise InvalidWeights("the tensors leave gaps or overlap")
        place = tensor.end
    if place != size:
        raise InvalidWeights(f"the header describes {place} bytes, and {size} follow")


def _aliases(metadata: Any, tensors: Mapping[str, StoredTensor]) -> dict[str, str]:
    if not isinstance(metadata, dict) or "aliases" not in metadata:
        return {}
    try:
        aliases = parse_strictly(metadata["aliases"].encode(), _VALUES)
        known = all(isinstance(target, str) and target in tensors for target in aliases.values())
    except (ValueError, AttributeError) as error:
        raise InvalidWeights("the aliases are not a JSON object") from error
    if not known:
        raise InvalidWeights("an alias names a tensor that is not there")
    return dict(aliases)
