"""What is known of the data that a function was written for: its shape, its classes."""

from collections.abc import Mapping
from math import prod
from typing import Any

from msgspec.structs import replace

from trainstore.diff.architecture.reading.values import Built, Items, Symbol, Value, known, text_of

_SAME = frozenset(
    ["to", "cpu", "cuda", "float", "long", "double", "numpy", "detach", "clone", "contiguous", "type", "tolist",
     "item", "as_tensor", "tensor", "asarray", "array", "from_numpy", "list", "stack", "squeeze"]
)  # fmt: skip
_NO_TENSOR = frozenset(
    ["shape", "dtype", "device", "ndim", "is_cuda", "requires_grad", "training", "is_leaf"]
)
_NO_TENSOR_CALLS = frozenset(
    ["size", "dim", "item", "tolist", "numel", "ndimension", "is_floating_point", "backward", "numpy"]
)
_MOST = 1 << 40


def data_symbols(profile: Mapping[str, Any]) -> dict[str, Symbol]:
    """Return ``X_train`` and the like, with what a ``data_profile`` says of them."""
    sizes = profile.get("shape")
    shape: tuple[int | None, ...] | None = None
    if isinstance(sizes, list) and 1 < len(sizes) <= 8:
        shape = (None, *(size if type(size) is int and 0 <= size < _MOST else None for size in sizes[1:]))
    labels = _labels(profile)
    return {
        name: Symbol(
            name, shape=shape if name[0] == "X" else (None,), labels=labels if name[0] == "y" else None
        )
        for name in ("X_train", "y_train", "X_val", "y_val")
    } | {"device": Symbol("device")}


def _labels(profile: Mapping[str, Any]) -> int | None:
    """The number of classes; 0 for numbers."""
    metadata = profile.get("metadata")
    count = profile.get("label_count")
    if isinstance(metadata, dict) and metadata.get("task") == "regression":
        return 0
    return count if type(count) is int and 0 < count < _MOST else None


def symbol_attribute(owner: Symbol, name: str) -> Value:
    """Return an attribute of something that is not known."""
    if name == "shape" and owner.shape is not None:
        return tuple(
            Symbol(f"{owner.text}.shape[{place}]", value=size) for place, size in enumerate(owner.shape)
        )
    if name == "ndim" and owner.shape is not None:
        return Symbol(f"{owner.text}.ndim", value=len(owner.shape))
    return Symbol(_cut(f"{owner.text}.{name}"), tensor=owner.tensor and name not in _NO_TENSOR)


def symbol_item(owner: Symbol, key: Value) -> Symbol:
    """Return an item of something that is not known: of a tensor, its rows."""
    shape = owner.shape
    if shape is not None:
        if isinstance(key, int) and not isinstance(key, bool):
            shape = shape[1:]
        elif not isinstance(key, slice | Symbol):
            shape = None
    inner = _slice_text(key) if isinstance(key, slice) else text_of(key)
    return Symbol(
        _cut(f"{owner.text}[{inner}]"),
        tensor=owner.tensor,
        shape=shape,
        labels=owner.labels,
        losses=owner.losses,
    )


def symbol_item_of_shape(owner: Symbol, place: Value) -> Symbol:
    """Return one size of a tensor."""
    shape = owner.shape
    if shape is not None and type(place) is int and -len(shape) <= place < len(shape):
        return Symbol(_cut(f"{owner.text}.shape[{place % len(shape)}]"), value=shape[place])
    return Symbol(_cut(f"{owner.text}.shape[{text_of(place)}]"))


def symbol_method(owner: Symbol, name: str, arguments: list[Value], named: Mapping[str, Value]) -> Symbol:
    """Return what a method of something that is not known gives."""
    if name == "size" and len(arguments) == 1:  # another way to write it
        return symbol_item_of_shape(owner, arguments[0])
    told = [text_of(argument) for argument in arguments]
    told += [f"{key}={text_of(value)}" for key, value in named.items()]
    plain = Symbol(
        _cut(f"{owner.text}.{name}({', '.join(told)})"),
        tensor=owner.tensor and name not in _NO_TENSOR_CALLS,
        losses=owner.losses,
    )
    return _of_data(name, plain, owner, [known(argument) for argument in arguments])


def symbol_function(name: str, arguments: list[Value], plain: Symbol) -> Symbol:
    """Return what a function of torch, numpy or Python gives for something that is not known.

    Args:
        plain: that, if nothing else can be said of it.
    """
    first = arguments[0] if arguments else None
    if name in ("cat", "concat", "concatenate", "vstack"):
        if isinstance(first, Symbol) and first.shape is not None:  # sequences, one behind the other
            return replace(plain, shape=(None, *first.shape[2:]), labels=first.labels)
        parts = first.items if isinstance(first, Items) else first if isinstance(first, tuple) else ()
        if parts and isinstance(parts[0], Symbol) and parts[0].shape is not None:
            return replace(plain, shape=(None, *parts[0].shape[1:]), labels=parts[0].labels)
        return plain
    if isinstance(first, Symbol):
        return _of_data(name, plain, first, [known(argument) for argument in arguments[1:]])
    return plain


def _of_data(name: str, plain: Symbol, owner: Symbol, arguments: list[Value]) -> Symbol:
    shape, labels = owner.shape, owner.labels
    if name == "list" and shape is not None:
        return replace(plain, text=owner.text, shape=shape, labels=labels)
    if name in _SAME:
        return replace(plain, shape=shape, labels=labels, value=owner.value)
    if name in ("int", "float"):
        return replace(plain, value=owner.value)
    if labels is not None:
        if name in ("is_floating_point", "is_complex"):
            return replace(plain, value=labels == 0 and name == "is_floating_point")
        if name in ("max", "amax") and labels:
            return replace(plain, value=labels - 1)
        if name in ("unique", "set") and labels:
            return replace(plain, shape=(labels,), labels=labels)
    if shape is not None:
        return _of_shape(name, plain, shape, arguments)
    return plain


def _of_shape(name: str, plain: Symbol, shape: tuple[int | None, ...], arguments: list[Value]) -> Symbol:
    places = [place for place in arguments if type(place) is int and -len(shape) <= place < len(shape)]
    size: int | None = None
    match name:
        case "len":
            size = shape[0]
        case "numel" if None not in shape:
            size = prod(one for one in shape if one is not None)
        case "dim" | "ndimension":
            size = len(shape)
        case "flatten" | "reshape" | "view":
            return replace(plain, shape=_flattened(name, shape, arguments))
        case "transpose" | "swapaxes" if len(places) == 2:
            order = list(range(len(shape)))
            order[places[0]], order[places[1]] = order[places[1]], order[places[0]]
            return replace(plain, shape=tuple(shape[place] for place in order))
        case "permute" if len(places) == len(arguments) == len(shape):
            return replace(plain, shape=tuple(shape[place] for place in places))
        case "unsqueeze" if places:
            place = places[0] % (len(shape) + 1)
            return replace(plain, shape=(*shape[:place], 1, *shape[place:]))
        case _:
            return plain
    return replace(plain, value=size)


def _flattened(
    name: str, shape: tuple[int | None, ...], arguments: list[Value]
) -> tuple[int | None, ...] | None:
    if name == "flatten":
        start = arguments[0] if arguments else 0
        if start != 1 or len(arguments) > 1:
            return None
    elif len(arguments) != 2 or arguments[1] != -1:
        return None
    rest = shape[1:]
    return (shape[0], None if None in rest else prod(size for size in rest if size is not None))


def _slice_text(key: slice) -> str:
    return f"{'' if key.start is None else key.start}:{'' if key.stop is None else key.stop}"


def _cut(text: str) -> str:
    return text_of(Symbol(text))


def is_tensor(value: Value) -> bool:
    """Tell whether a value comes from what a forward pass got."""
    if isinstance(value, Items | tuple):
        parts = value.items if isinstance(value, Items) else value
        return any(isinstance(part, Symbol) and part.tensor for part in parts)
    return isinstance(value, Symbol) and value.tensor and not isinstance(value, Built)
