"""What an expression of the code may be found to be, without running it.

Numbers, texts, booleans, None and tuples stand for themselves. What is not known is a `Symbol`: the expression itself,
with the names in it replaced by what they stand for, so that renaming a variable changes nothing.
"""

import ast
from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec

from trainstore.diff.architecture.layer import Settings

Value: TypeAlias = Any

_LONGEST_TEXT = 100
_MOST_IN_A_TUPLE = 500


class Symbol(msgspec.Struct, frozen=True):
    """A value that is not known.

    Attributes:
        text: the expression that gives it.
        value: what it is for the data that the function was written for, where that is known.
        tensor: it comes from what a model's forward pass got.
        shape: of a tensor of the data; None for a size that varies.
        labels: how many classes there are, if it holds labels of the data.
        losses: what stands in ``surroundings`` as the loss, if this came out of it.
    """

    text: str
    value: Value = None
    tensor: bool = False
    shape: tuple[int | None, ...] | None = None
    labels: int | None = None
    losses: tuple["Part", ...] = ()


class External(msgspec.Struct, frozen=True):
    """Something imported, or built into Python, by its full name."""

    name: str

    @property
    def last(self) -> str:
        """Its own name."""
        return self.name.rpartition(".")[2]


class Part(msgspec.Struct, frozen=True, eq=False):
    """A part of what trains a model: a loss, an optimiser. Its kind is a `Text` for a class of the code itself."""

    facet: str
    kind: str
    settings: Settings


class Scope(msgspec.Struct, eq=False):
    """The variables of a function, a class body or a module, and what surrounds it."""

    variables: dict[str, Value]
    outer: "Scope | None" = None

    def find(self, name: str) -> "Scope | None":
        """The nearest scope that has a name."""
        scope: Scope | None = self
        while scope is not None and name not in scope.variables:
            scope = scope.outer
        return scope


class Function(msgspec.Struct, frozen=True, eq=False):
    """A function of the code; ``owner`` is what it is bound to, ``cls`` the class that it stands in."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    owner: "Built | None" = None
    cls: "Class | None" = None

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "lambda")


class Class(msgspec.Struct, frozen=True, eq=False):
    """A class of the code, with its bases and what its body defines."""

    name: str
    bases: tuple[Value, ...]
    scope: Scope

    def lineage(self) -> "list[Class | External]":
        """This class and those it comes from, nearest first."""
        found: list[Class | External] = []
        waiting: list[Value] = [self]
        while waiting and len(found) < 50:
            one = waiting.pop(0)
            if isinstance(one, Class) and one not in found:
                found.append(one)
                waiting.extend(one.bases)
            elif isinstance(one, External):
                found.append(one)
        return found

    @property
    def torch_base(self) -> str | None:
        """The class of torch.nn that it comes from, such as ``Module``; None where it is no module."""
        for one in self.lineage():
            if isinstance(one, External) and one.name.startswith("torch.nn"):
                return one.last
        return None


class Built(msgspec.Struct, eq=False):
    """An object that the code makes: a layer, or an instance of a class of its own.

    Attributes:
        children: the modules in it, by name, in the order in which they were assigned.
        attributes: everything else that was assigned to it.
        repeated: what it is made once for each of, where that cannot be counted.
        passed: what its forward pass calls, in that order: layers, and functional calls as layers.
    """

    kind: str
    settings: dict[str, Value] = msgspec.field(default_factory=dict)
    cls: Class | None = None
    module: bool = True
    functional: bool = False
    children: dict[str, Value] = msgspec.field(default_factory=dict)
    attributes: dict[str, Value] = msgspec.field(default_factory=dict)
    repeated: str | None = None
    passed: "list[Built] | None" = None
    answer: Value = None


class Items:
    """A list or a set. Its tuple is replaced as a whole, in a dict, so that a change can be taken back."""

    def __init__(self, items: Iterable[Value] = ()) -> None:
        self.state: dict[str, tuple[Value, ...]] = {"items": tuple(items)}

    @property
    def items(self) -> tuple[Value, ...]:
        return self.state["items"]


class Table(msgspec.Struct, eq=False):
    """A dict whose keys are known."""

    items: dict[Value, Value]


class Method(msgspec.Struct, frozen=True, eq=False):
    """A method of something that is no function of the code."""

    owner: Value
    name: str


class OneOf(msgspec.Struct, frozen=True, eq=False):
    """One of several values, by a condition that the code alone does not decide."""

    options: tuple[Value, ...]
    condition: str


def is_plain(value: Value) -> bool:
    """Tell whether a value stands for itself, and is small."""
    waiting, seen = [value], 0
    while waiting:
        one = waiting.pop()
        seen += 1
        if isinstance(one, tuple) and seen < _MOST_IN_A_TUPLE:
            waiting.extend(one[:_MOST_IN_A_TUPLE])
        elif not (one is None or isinstance(one, bool | int | float | str)):
            return False
    return True


def known(value: Value) -> Value:
    """What a symbol is for the data at hand, where that is known; anything else as it is."""
    return value.value if isinstance(value, Symbol) and value.value is not None else value


def text_of(value: Value) -> str:
    """Write a value as code would, shortened."""
    text = _text(value, 3)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _text(value: Value, depth: int) -> str:
    if isinstance(value, Symbol | str):
        return value.text if isinstance(value, Symbol) else repr(value[:_LONGEST_TEXT])
    if isinstance(value, Method | OneOf | tuple | Items) and not depth:
        return "…"
    match value:
        case External():
            return value.name.removeprefix("builtins.")
        case Function() | Class() | Built():
            return value.kind if isinstance(value, Built) else value.name
        case Method():
            return f"{_text(value.owner, depth - 1)}.{value.name}"
        case OneOf():
            return " or ".join(_text(option, depth - 1) for option in value.options[:3])
        case tuple() | Items():
            return _sequence(value, depth)
    return ("{…}" if value.items else "{}") if isinstance(value, Table) else repr(value)


def _sequence(value: "tuple[Value, ...] | Items", depth: int) -> str:
    items = value.items if isinstance(value, Items) else value
    inner = ", ".join(_text(item, depth - 1) for item in items[:8])
    inner += ", …" if len(items) > 8 else ""
    if isinstance(value, Items):
        return f"[{inner}]"
    return f"({inner},)" if len(items) == 1 else f"({inner})"
