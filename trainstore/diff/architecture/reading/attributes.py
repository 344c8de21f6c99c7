"""What attributes and items of values are."""

import ast
import math
from typing import TYPE_CHECKING

from trainstore.diff.architecture.reading.data_symbols import symbol_attribute, symbol_item
from trainstore.diff.architecture.reading.python_values import items_of
from trainstore.diff.architecture.reading.values import (
    Built,
    Class,
    External,
    Function,
    Items,
    Method,
    OneOf,
    Symbol,
    Table,
    Value,
    is_plain,
    known,
    text_of,
)

if TYPE_CHECKING:
    from trainstore.diff.architecture.reading.machine import Machine

_CONSTANTS = {"math.pi": math.pi, "math.e": math.e, "numpy.pi": math.pi, "math.inf": math.inf}


def attribute_of(machine: "Machine", owner: Value, name: str) -> Value:
    """Return an attribute of a value."""
    match owner:
        case External():
            full = f"{owner.name}.{name}"
            return _CONSTANTS.get(full, External(full[:200]))
        case Built():
            return _of_built(machine, owner, name)
        case Class():
            return _of_class(owner, name, None)
        case Symbol():
            return symbol_attribute(owner, name)
        case Table() if name in owner.items:
            return owner.items[name]
        case OneOf():
            return symbol_attribute(Symbol(text_of(owner)), name)
    return Method(owner, name)


def _of_built(machine: "Machine", owner: Built, name: str) -> Value:
    for found in (owner.children, owner.attributes):
        if name in found:
            return found[name]
    if owner.cls is not None:
        value = _of_class(owner.cls, name, owner)
        if isinstance(value, Function) and "property" in decorators(value):
            return machine.call(value, [], {})
        if not isinstance(value, Symbol):
            return value
    if name in owner.settings:
        return owner.settings[name]
    return Method(owner, name)


def _of_class(cls: Class, name: str, owner: Built | None) -> Value:
    for one in cls.lineage():
        if isinstance(one, Class) and name in one.scope.variables:
            value = one.scope.variables[name]
            if not isinstance(value, Function):
                return value
            bound = None if "staticmethod" in decorators(value) else owner
            return Function(value.node, value.scope, bound, one)
    return Symbol(f"{cls.name}.{name}")


def decorators(function: Function) -> list[str]:
    """Names of the decorators of a function, without what they are given."""
    found = []
    for node in getattr(function.node, "decorator_list", []):
        inner = node.func if isinstance(node, ast.Call) else node
        found.append(inner.id if isinstance(inner, ast.Name) else getattr(inner, "attr", ""))
    return found


def item_of(owner: Value, key: Value) -> Value:
    """Return an item of a value."""
    owner, key = known(owner), known(key)
    if isinstance(owner, Table):
        return (
            owner.items[key]
            if is_plain(key) and key in owner.items
            else Symbol(str(key) if isinstance(key, str) else f"[{text_of(key)}]")
        )
    if isinstance(owner, Built) and isinstance(key, str):
        return owner.children.get(key, Symbol(f"{owner.kind}[{key!r}]"))
    items = items_of(owner)
    if items is not None and isinstance(key, int) and -len(items) <= key < len(items):
        return items[key]
    if items is not None and isinstance(key, slice) and _is_simple(key):
        return tuple(items[key]) if isinstance(owner, tuple) else Items(items[key])
    if isinstance(owner, Symbol):
        return symbol_item(owner, key)
    return Symbol(text_of(Symbol(f"{text_of(owner)}[{text_of(key)}]")))


def _is_simple(key: slice) -> bool:
    return bool(key.step != 0)
