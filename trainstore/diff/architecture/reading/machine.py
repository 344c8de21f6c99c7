"""How much may be read, what is told apart by a branch, and what is found on the way."""

import ast
from collections.abc import MutableMapping
from typing import Any

from trainstore.diff.architecture.reading.values import Built, OneOf, Part, Scope, Symbol, Value, text_of

_MOST_STEPS = 40_000
_MOST_BUILT = 1_500
_MOST_PARTS = 200
DEEPEST = 100  # expressions and statements within each other, calls included
_MISSING = object()

Writes = dict[tuple[int, Any], tuple[MutableMapping[Any, Value], Value]]


class TooLarge(Exception):
    """The code takes more steps to read than are taken."""


class Machine:
    """What reading one training function keeps.

    Attributes:
        parts: of what trains the model, in the order in which the code comes to them.
        trained: the modules whose parameters an optimiser got.
        built: all modules of classes of the code itself.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.depth = 0
        self.parts: list[Part] = []
        self.trained: list[Built] = []
        self.built: list[Built] = []
        self.passing: list[Built] | None = None  # what the forward pass that is being read calls
        self.training_loops = 0  # that are being read, within each other
        self.losses: list[Part] = []  # all that were computed, whether anything was trained by them or not
        self.loops: dict[int, bool] = {}  # whether each loop trains
        self.scanned: set[int] = set()  # functions that only branches not taken call
        self.made: list[Built] = []
        self._journal: Writes | None = None

    def step(self, count: int = 1) -> None:
        """Count a step of reading. Raises TooLarge."""
        self.steps += count
        if self.steps > _MOST_STEPS:
            raise TooLarge

    def make(self, built: Built) -> Built:
        """Count a new object, and note it if it is a module. Raises TooLarge."""
        self.made.append(built)
        if len(self.made) > _MOST_BUILT:
            raise TooLarge
        if built.module and built.cls is not None:
            self.built.append(built)
        return built

    def repeat(self, since: int, over: Value) -> None:
        """Mark what was built, from a place in ``made`` on, as made once for each of what cannot be counted."""
        for built in self.made[since:]:
            built.repeated = built.repeated or f"for each of {text_of(over)}"

    def note(self, part: Part) -> Part:
        """Keep a part of what trains the model."""
        if part not in self.parts and len(self.parts) < _MOST_PARTS:
            self.parts.append(part)
        return part

    def write(self, place: MutableMapping[Any, Value], key: Any, value: Value) -> None:
        """Change a variable, an attribute, a list: so that a branch can be taken back."""
        if self._journal is not None:
            self._journal.setdefault((id(place), key), (place, place.get(key, _MISSING)))
        place[key] = value

    def begin(self) -> Writes | None:
        """Start to note what is written; returns what `finish` wants."""
        before, self._journal = self._journal, {}
        return before

    def finish(self, before: Writes | None, *, undo: bool) -> dict[tuple[int, Any], tuple[Any, Any, Any]]:
        """Stop to note; returns each place, the value written last and the one before, and may put that one back."""
        written = self._journal or {}
        found = {}
        for key, (place, old) in written.items():
            found[key] = (place, place.get(key[1], _MISSING), old)
            if undo:
                _put(place, key[1], old)
        self._journal = before
        if before is not None and not undo:
            for key, entry in written.items():
                before.setdefault(key, entry)
        return found

    def join(self, first: dict[Any, Any], second: dict[Any, Any], condition: str) -> None:
        """Make of what two branches wrote, which were both taken back, what is true whichever is taken."""
        for key in {**first, **second}:
            place, _, old = first.get(key) or second[key]
            new = [branch[key][1] if key in branch else old for branch in (first, second)]
            merged = either(new[0], new[1], condition)
            if merged is not _MISSING:
                self.write(place, key[1], merged)

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        """Return what an expression is."""
        raise NotImplementedError

    def call(self, function: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        """Return what a call gives."""
        raise NotImplementedError


def either(first: Value, second: Value, condition: str) -> Value:
    """Return what is one of two values; one of them may be missing."""
    if first is second or second is _MISSING:
        return first
    if first is _MISSING:
        return second
    if type(first) is type(second) and not isinstance(first, Built) and text_of(first) == text_of(second):
        return first
    if _holds_layers(first) or _holds_layers(second):
        return OneOf((*_options(first), *_options(second))[:6], condition)
    if isinstance(first, Symbol) or isinstance(second, Symbol):
        options = [one for one in (first, second) if isinstance(one, Symbol)]
        return Symbol(
            text_of(Symbol(f"{text_of(first)} or {text_of(second)}")),
            tensor=any(one.tensor for one in options),
            losses=tuple(dict.fromkeys(loss for one in options for loss in one.losses)),
        )
    if first is None or second is None or not _is_number(first) or not _is_number(second):
        return OneOf((*_options(first), *_options(second))[:6], condition)
    return Symbol(f"{text_of(first)} or {text_of(second)}")


def _put(place: MutableMapping[Any, Value], key: Any, value: Value) -> None:
    if value is _MISSING:
        place.pop(key, None)
    else:
        place[key] = value


def _options(value: Value) -> tuple[Value, ...]:
    return value.options if isinstance(value, OneOf) else (value,)


def _holds_layers(value: Value) -> bool:
    return isinstance(value, Built | OneOf)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float | str)
