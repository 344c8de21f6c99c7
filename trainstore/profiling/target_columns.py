"""Targets of one part as one plain column: booleans, integers, floats or text, never a mixture."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.profiling.quoting import quoted

Kind = Literal["true/false", "integers", "floats", "text"]
Column: TypeAlias = "NDArray[Any] | list[str]"

_KINDS_OF_ARRAYS: dict[str, Kind] = {"b": "true/false", "i": "integers", "f": "floats"}
_KINDS_OF_VALUES: dict[type, Kind] = {bool: "true/false", int: "integers", float: "floats", str: "text"}
_REFUSED = {"S": "bytes", "c": "complex numbers", "M": "dates", "m": "durations", "V": "records"}
_HINT = "give each sample one number, or for classes one integer, one text, or true or false"


def kind_of(column: Column) -> Kind:
    """What a column holds."""
    return "text" if isinstance(column, list) else _KINDS_OF_ARRAYS[column.dtype.kind]


def plain_column(y: object, name: str) -> Column:
    """``y`` of shape (N,) as bool, int64 or float array, or as a list of text.

    Args:
        y: array, list or tuple.
        name: what to call it in messages.

    Raises:
        InvalidData: of another shape, mixed, or neither numbers nor text.
    """
    if not isinstance(y, (np.ndarray, list, tuple)):
        raise InvalidData(f"{name} is of type {type(y).__name__}, not an array or a list", _HINT)
    if isinstance(y, np.ndarray) and y.ndim != 1:
        raise InvalidData(f"{name} has shape {y.shape} instead of one target a sample", _shape_hint(y))
    if len(y) == 0:
        raise InvalidData(f"{name} is empty", "give one target for each sample")
    return _from_array(y, name) if isinstance(y, np.ndarray) else _from_values(y, name)


def _shape_hint(y: NDArray[Any]) -> str:
    if y.ndim == 2 and y.shape[1] == 1:
        return "give y.ravel() instead"
    return "for one-hot rows give y.argmax(axis=1); several targets a sample are not supported"


def _from_array(y: NDArray[Any], name: str) -> Column:
    kind = y.dtype.kind
    if kind in "bf":
        return y
    if kind in "iu" and y.max() <= np.iinfo(np.int64).max:
        return y.astype(np.int64, copy=False)
    if kind in "uOUT":
        return _from_values(y.tolist(), name)
    held = _REFUSED.get(kind, str(y.dtype))
    raise InvalidData(f"{name} holds {held}, which are neither numbers nor text", _HINT)


def _from_values(given: Sequence[Any], name: str) -> Column:
    values = [value.item() if isinstance(value, np.generic) else value for value in given]
    kinds = {_KINDS_OF_VALUES.get(kind) for kind in set(map(type, values))}
    if None in kinds:
        place = next(i for i, value in enumerate(values) if type(value) not in _KINDS_OF_VALUES)
        what = _described(values[place])
        raise InvalidData(f"{name}[{place}] is {what}, neither a number nor text", _HINT)
    if len(kinds) > 1 and kinds != {"integers", "floats"}:
        other = next(i for i, value in enumerate(values) if type(value) is not type(values[0]))
        raise InvalidData(
            f"{name} mixes {' and '.join(sorted(map(str, kinds)))}:"
            f" {name}[0] is {_described(values[0])}, {name}[{other}] is {_described(values[other])}",
            _HINT,
        )
    if kinds == {"text"}:
        return _checked_text(values, name)
    dtype = np.float64 if "floats" in kinds else np.bool_ if "true/false" in kinds else np.int64
    try:
        return np.asarray(values, dtype=dtype)
    except OverflowError as error:
        raise InvalidData(
            f"{name} holds an integer of more than 64 bits", "use smaller numbers, or text"
        ) from error


def _described(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return quoted(value)
    return str(value) if type(value) in _KINDS_OF_VALUES else f"of type {type(value).__name__}"


def _checked_text(values: list[str], name: str) -> list[str]:
    for place, value in enumerate(values):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InvalidData(
                f"{name}[{place}] is {quoted(value)}, which is not valid Unicode", "correct that label"
            ) from error
    return values
