"""Arithmetic and comparison of values, as far as they are known and stay small."""

import ast
import operator
from collections.abc import Callable
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

_MOST_BITS = 64
_MOST_ITEMS = 1_000

_ARITHMETIC: dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", operator.pow),
    ast.LShift: ("<<", operator.lshift),
    ast.RShift: (">>", operator.rshift),
    ast.BitOr: ("|", operator.or_),
    ast.BitAnd: ("&", operator.and_),
    ast.BitXor: ("^", operator.xor),
    ast.MatMult: ("@", operator.matmul),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.In: ("in", lambda a, b: operator.contains(b, a)),
    ast.NotIn: ("not in", lambda a, b: not operator.contains(b, a)),
}


def arithmetic(kind: type[ast.operator], left: Value, right: Value) -> Value:
    """Return the result of an operator; a symbol where it is not known, fails, or would be large."""
    sign, compute = _ARITHMETIC[kind]
    if isinstance(left, Items | tuple) and isinstance(right, Items | tuple | int):
        return _repeated_or_joined(kind, left, right)
    if isinstance(left, Table) and isinstance(right, Table) and kind is ast.BitOr:
        return Table({**left.items, **right.items})
    values = known(left), known(right)
    result = _computed(kind, compute, *values) if is_plain(values[0]) and is_plain(values[1]) else None
    if not isinstance(left, Symbol) and not isinstance(right, Symbol) and result is not None:
        return result
    symbols = [side for side in (left, right) if isinstance(side, Symbol)]
    return Symbol(
        text_of(Symbol(f"{_operand(left)} {sign} {_operand(right)}")),
        value=result,
        tensor=any(side.tensor for side in symbols),
        losses=tuple(dict.fromkeys(loss for side in symbols for loss in side.losses)),
    )


def comparison(kind: type[ast.cmpop], left: Value, right: Value) -> Value:
    """Return whether a comparison holds; a symbol where that is not known."""
    if kind in (ast.Is, ast.IsNot):
        return _identity(kind is ast.Is, left, right)
    sign, compute = _COMPARISONS[kind]
    first, second = known(left), known(right)
    if isinstance(second, Items | Table):
        second = tuple(second.items)
    if is_plain(first) and is_plain(second):
        try:
            return bool(compute(first, second))
        except TypeError:
            pass
    return Symbol(text_of(Symbol(f"{_operand(left)} {sign} {_operand(right)}")))


def truth(value: Value) -> bool | None:
    """Tell whether a value counts as true; None where that is not known."""
    value = known(value)
    if isinstance(value, Items | Table):
        return bool(value.items)
    if is_plain(value):
        return bool(value)
    return True if isinstance(value, Built | External) else None


def _identity(same: bool, left: Value, right: Value) -> Value:
    left, right = known(left), known(right)
    if is_plain(left) and is_plain(right):
        return (left is right or (left == right and type(left) is type(right))) == same
    if not isinstance(left, Symbol) and not isinstance(right, Symbol):
        return (left is right) == same
    return Symbol(text_of(Symbol(f"{text_of(left)} is {'' if same else 'not '}{text_of(right)}")))


def _operand(value: Value) -> str:
    text = text_of(value)
    return f"({text})" if isinstance(value, Symbol) and " " in text and not text.endswith(")") else text


def _computed(
    kind: type[ast.operator], compute: Callable[[Any, Any], Any], left: Value, right: Value
) -> Value:
    if kind in (ast.Pow, ast.LShift) and not _stays_small(left, right):
        return None
    if kind is ast.Mult and (isinstance(left, str | tuple) or isinstance(right, str | tuple)):
        return None
    if isinstance(left, str) and kind is ast.Mod:
        return None
    try:
        result = compute(left, right)
    except (ArithmeticError, TypeError, ValueError):
        return None
    if isinstance(result, int) and result.bit_length() > _MOST_BITS:
        return None
    return None if isinstance(result, complex) or (isinstance(result, str) and len(result) > 200) else result


def _stays_small(left: Value, right: Value) -> bool:
    return isinstance(left, int | float) and isinstance(right, int | float) and abs(right) <= _MOST_BITS


def _repeated_or_joined(kind: type[ast.operator], left: Value, right: Value) -> Value:
    first = left.items if isinstance(left, Items) else left
    if isinstance(right, int):
        if kind is not ast.Mult or not 0 <= right * len(first) <= _MOST_ITEMS:
            return Symbol(f"{text_of(left)} * {text_of(right)}")
        joined = first * right
    elif kind is ast.Add:
        second = right.items if isinstance(right, Items) else right
        if len(first) + len(second) > _MOST_ITEMS:
            return Symbol(f"{text_of(left)} + {text_of(right)}")
        joined = (*first, *second)
    else:
        return Symbol(f"{text_of(left)} and {text_of(right)}")
    return Items(joined) if isinstance(left, Items) else joined
