"""Python's own functions and methods, for values that are known."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from trainstore.diff.architecture.reading.values import (
    Built,
    External,
    Items,
    Symbol,
    Table,
    Value,
    is_plain,
    known,
    text_of,
)

_MOST_ITEMS = 1_500


def items_of(value: Value) -> list[Value] | None:
    """Return what iterating over a value gives; None where that is not known, or too much."""
    value = known(value)
    if isinstance(value, Items | tuple | range | str):
        items = value.items if isinstance(value, Items) else value
        return list(items) if len(items[: _MOST_ITEMS + 1]) <= _MOST_ITEMS else None
    if isinstance(value, Table):
        return list(value.items)[:_MOST_ITEMS]
    if isinstance(value, Built) and value.kind in ("ModuleList", "Sequential"):
        return list(value.children.values())[:_MOST_ITEMS]
    if isinstance(value, Built) and value.kind == "ModuleDict":
        return list(value.children)[:_MOST_ITEMS]
    return None


def call_builtin(name: str, arguments: list[Value], named: Mapping[str, Value]) -> Value:
    """Return what one of Python's functions, or of ``math``, gives; None where that is not known."""
    if name in _ON_ITEMS:
        return _ON_ITEMS[name](arguments, named)
    function = _ON_NUMBERS.get(name)
    if function is None or named:
        return None
    values = [known(argument) for argument in arguments]
    values = [tuple(value.items) if isinstance(value, Items) else value for value in values]
    if not all(is_plain(value) for value in values):
        return None
    try:
        result = function(*values)
    except Exception:  # of functions that do nothing but compute, whatever they are given
        return None
    small = not isinstance(result, int) or result.bit_length() <= 64
    if not is_plain(result) or not small:
        return None
    if any(isinstance(argument, Symbol) for argument in arguments):
        told = ", ".join(text_of(argument) for argument in arguments)
        return Symbol(text_of(Symbol(f"{name.removeprefix('math.')}({told})")), result)
    return result


def _int(value: Any, *base: Any) -> int:
    if isinstance(value, str) and len(value) > 20:
        raise ValueError
    return int(value, *base)


_ON_NUMBERS: dict[str, Callable[..., Any]] = {
    "int": _int,
    "float": float,
    "bool": bool,
    "str": lambda value: str(value)[:200],
    "abs": abs,
    "round": round,
    "min": min,
    "max": max,
    "sum": sum,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.sqrt": math.sqrt,
    "math.log": math.log,
    "math.log2": math.log2,
    "math.prod": math.prod,
    "numpy.prod": math.prod,
}


def _length(arguments: list[Value], named: Mapping[str, Value]) -> Value:
    items = items_of(arguments[0]) if len(arguments) == 1 else None
    return None if items is None else len(items)


def _range(arguments: list[Value], named: Mapping[str, Value]) -> Value:
    ends = [known(argument) for argument in arguments]
    if not 1 <= len(ends) <= 3 or not all(isinstance(end, int) for end in ends) or ends[2:] == [0]:
        return None
    return range(*ends)


def _list(arguments: list[Value], named: Mapping[str, Value]) -> Value:
    if not arguments:
        return Items()
    items = items_of(arguments[0])
    return None if items is None else Items(items)


def _tuple(arguments: list[Value], named: Mapping[str, Value]) -> Value:
    items = items_of(arguments[0]) if arguments else []
    return None if items is None else tuple(items)


def _set(arguments: list[Value], named: Mapping[str, Value]) -> Value:
    items = items_of(arguments[0]) if arguments else []
    return None if items is None or not is_plain(tuple(items)) else Items(dict.fromkeys(items))


def _enumerate(arguments: list[Value], named: Mapping[str, Value]) -> Value:
    items = items_of(arguments[0]) if arguments else None
    start = known(named.get("start", arguments[1] if len(arguments) > 1 else 0))
    if items is None or not isinstance(start, int):
        return None
    return Items(enumerate(items, start))


def _zip(arguments: list[Value], named: Mapping[str, Value]) -> Value:
    columns = [items_of(argument) for argument in arguments]
    if any(column is None for column in columns):
        return None
    return Items(zip(*(column for column in columns if column is not None), strict=False))


def _reversed(arguments: list[Value], named: Mapping[str, Value]) -> Value:
    items = items_of(arguments[0]) if arguments else None
    return None if items is None else Items(reversed(items))


def _dict(arguments: list[Value], named: Mapping[str, Value]) -> Value:
    table: dict[Value, Value] = {}
    for argument in arguments:
        if isinstance(argument, Table):
            table |= argument.items
            continue
        for pair in items_of(argument) or []:
            two = items_of(pair)
            if two is None or len(two) != 2 or not is_plain(two[0]):
                return None
            table[two[0]] = two[1]
    return Table({**table, **named})


def _getattr(arguments: list[Value], named: Mapping[str, Value]) -> Value:
    if len(arguments) >= 2 and isinstance(arguments[0], External) and isinstance(arguments[1], str):
        return External(f"{arguments[0].name}.{arguments[1]}")
    return None


_ON_ITEMS: dict[str, Callable[[list[Value], Mapping[str, Value]], Value]] = {
    "len": _length,
    "range": _range,
    "list": _list,
    "tuple": _tuple,
    "set": _set,
    "enumerate": _enumerate,
    "zip": _zip,
    "reversed": _reversed,
    "dict": _dict,
    "collections.OrderedDict": _dict,
    "getattr": _getattr,
}
