"""What is given to names, attributes and items."""

import ast
from collections.abc import Iterator

from trainstore.diff.architecture.reading.attributes import item_of
from trainstore.diff.architecture.reading.machine import Machine
from trainstore.diff.architecture.reading.python_values import items_of
from trainstore.diff.architecture.reading.values import (
    Built,
    Items,
    Scope,
    Symbol,
    Table,
    Value,
    is_plain,
    text_of,
)


class Assignments(Machine):
    """Assigns, and goes through what loops go through."""

    def each(self, value: Value) -> Iterator[Value]:
        """Yield what a loop goes through: one symbol where that is not known; what is built then is marked so."""
        items = items_of(value)
        if items is not None:
            for item in items:
                self.step()
                yield item
            return
        symbol = value if isinstance(value, Symbol) else Symbol(text_of(value))
        since = len(self.made)
        yield Symbol(text_of(Symbol(f"each of {symbol.text}")), tensor=symbol.tensor)
        self.repeat(since, symbol)

    def assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """Give a value to a name, an attribute, an item, or several."""
        self.step()
        match target:
            case ast.Name():
                self.write(scope.variables, target.id, value)
            case ast.Tuple() | ast.List():
                self._unpack(target.elts, value, scope)
            case ast.Starred():
                self.assign(target.value, value, scope)
            case ast.Attribute():
                owner = self.evaluate(target.value, scope)
                if isinstance(owner, Built):
                    self.set_attribute(owner, target.attr, value)
            case ast.Subscript():
                self.set_item(self.evaluate(target.value, scope), self.evaluate(target.slice, scope), value)

    def _unpack(self, targets: list[ast.expr], value: Value, scope: Scope) -> None:
        items = items_of(value)
        starred = next((place for place, one in enumerate(targets) if isinstance(one, ast.Starred)), None)
        if items is not None and starred is not None:
            after = len(targets) - starred - 1
            middle = items[starred : len(items) - after]
            items = [*items[:starred], Items(middle), *items[len(items) - after :]]
        if items is None or len(items) != len(targets):
            items = [item_of(value, place) for place in range(len(targets))]
        for target, item in zip(targets, items, strict=True):
            self.assign(target, item, scope)

    def set_attribute(self, owner: Built, name: str, value: Value) -> None:
        """Assign to an attribute; a module becomes a child."""
        if _is_module(value):
            self.write(owner.children, name, value)
        else:
            self.write(owner.attributes, name, value)

    def set_item(self, owner: Value, key: Value, value: Value) -> None:
        """Assign to an item."""
        if isinstance(owner, Built) and _is_module(value):
            self.write(owner.children, key if isinstance(key, str) else text_of(key), value)
        elif isinstance(owner, Table) and is_plain(key):
            self.write(owner.items, key, value)
        elif (
            isinstance(owner, Items) and isinstance(key, int) and -len(owner.items) <= key < len(owner.items)
        ):
            changed = list(owner.items)
            changed[key] = value
            self.write(owner.state, "items", tuple(changed))


def _is_module(value: Value) -> bool:
    if isinstance(value, Built):
        return value.module
    options = getattr(value, "options", ())
    return any(isinstance(option, Built) and option.module for option in options)
