"""Any array of real numbers as finite float32, or the reason why not."""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.profiling.quoting import quoted

_KINDS_REFUSED = {
    "O": "Python objects",
    "U": "text",
    "T": "text",
    "S": "bytes",
    "c": "complex numbers",
    "M": "dates",
    "m": "durations",
}


def to_float32(array: NDArray[Any], name: str, columns: tuple[str, ...] = ()) -> NDArray[Any]:
    """``array`` as C-ordered float32; without a copy where it is that already.

    Args:
        array: any shape.
        name: what to call it in messages.
        columns: names of its last axis, used in messages.

    Raises:
        InvalidData: not real numbers, NaN, infinite, or beyond the range of float32.
    """
    if array.dtype.kind not in "biuf":
        what = _KINDS_REFUSED.get(array.dtype.kind, f"values of type {array.dtype}")
        raise InvalidData(f"{name} holds {what}, not numbers", "encode it as real numbers first")
    with np.errstate(over="ignore", invalid="ignore"):
        converted = np.ascontiguousarray(array, dtype=np.float32).reshape(array.shape)
    if _all_finite(converted):
        return converted
    _refuse(array, converted, name, columns)


def _all_finite(array: NDArray[Any]) -> bool:
    """Without a mask as large as the array: minimum and maximum carry NaN and infinity over."""
    if array.size == 0:
        return True
    with np.errstate(invalid="ignore"):
        return bool(np.isfinite(array.min()) and np.isfinite(array.max()))


def _refuse(array: NDArray[Any], converted: NDArray[Any], name: str, columns: tuple[str, ...]) -> NoReturn:
    """Raise for an array with values that float32 does not hold, or that nothing can be trained on."""
    bad = ~np.isfinite(array)
    what, hint = "NaN or infinite", "remove or fill in those samples first; trainstore never alters values"
    if not bad.any():
        bad = ~np.isfinite(converted)
        what, hint = "outside the range of float32", "scale the values down first; X and y become float32"
    count = int(np.count_nonzero(bad))
    place = tuple(int(index) for index in np.unravel_index(int(bad.argmax()), bad.shape))
    column = f" (column {quoted(columns[place[-1]])})" if columns else ""
    index = ", ".join(map(str, place))
    raise InvalidData(
        f"{name} has {count} value{'' if count == 1 else 's'} {what}, the first at [{index}]{column}",
        hint,
    )
