"""What differs between two models, and between what trains them."""

from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from typing import Any

import msgspec

from trainstore.diff.architecture.layer import Architecture, Layer, Settings, Text
from trainstore.diff.architecture.matching import Matching, is_leaf, match
from trainstore.diff.architecture.rows import Row, aligned_rows
from trainstore.diff.architecture.similarity import changed_settings, compare_settings, differs_in_kind

_LEAST_IN_COMMON = 0.25
_WEIGHT_OF_PARAMETERS = 3  # a layer that learns counts for as many that do not

Pairs = Mapping[str, tuple[Any, Any]]


class LayerChange(msgspec.Struct, frozen=True):
    """A layer of both models that is not the same, or stands elsewhere.

    Attributes:
        settings: name -> (old value, new value); None for one that is not given and has no default.
        moved: it stands elsewhere in the order.
    """

    old: Layer
    new: Layer
    settings: Pairs
    moved: bool = False


class ArchitectureDiff(msgspec.Struct, frozen=True, dict=True):
    """What differs from an old model to a new one.

    Attributes:
        added: layers that only the new one has; of a whole new block the block alone.
        removed: likewise of the old one.
        changed: layers of both that differ in their kind or settings, or moved.
        surroundings: what differs of loss, optimiser and the like: name -> (old, new), None where there is none.
        nothing_in_common: the two have too little in common to tell what changed; ``added`` and ``removed`` then
            hold the two whole models.
        rows: both trees in full, aligned; empty where one could not be read.
    """

    old: Architecture
    new: Architecture
    added: tuple[Layer, ...] = ()
    removed: tuple[Layer, ...] = ()
    changed: tuple[LayerChange, ...] = ()
    surroundings: Mapping[str, tuple[Settings | None, Settings | None]] = {}
    nothing_in_common: bool = False
    rows: tuple[Row, ...] = ()

    @property
    def unchanged(self) -> bool:
        """Whether both were read, and are equal up to names."""
        read = self.old.model is not None and self.new.model is not None
        return read and not (self.added or self.removed or self.changed or self.surroundings)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What could not be read, in sentences for people."""
        if self.old.notes == self.new.notes:
            return tuple(f"Both: {note}" for note in self.old.notes)
        told = [("Old", self.old.notes), ("New", self.new.notes)]
        return tuple(f"{side}: {note}" for side, notes in told for note in notes)


def compare_architectures(old: Architecture, new: Architecture) -> ArchitectureDiff:
    """Return what differs between two models, whatever their layers, variables and classes are called.

    Both are to be read from the same source; see `architectures_of`.
    """
    surroundings = _surroundings(old.surroundings, new.surroundings)
    if old.model is None or new.model is None:
        return ArchitectureDiff(old, new, surroundings=surroundings)
    sides = list(old.model.walk()), list(new.model.walk())
    matching = match(*sides)
    taken = [*matching.leaves, *matching.moved, *matching.containers]
    left = [_left_over(side, {pair[place] for pair in taken}) for place, side in enumerate(sides)]
    rows = aligned_rows(sides, matching, left)
    if _in_common(sides, matching) < _LEAST_IN_COMMON:
        return ArchitectureDiff(
            old, new, (new.model,), (old.model,), (), surroundings, nothing_in_common=True, rows=rows
        )
    return ArchitectureDiff(
        old,
        new,
        _topmost(sides[1], left[1]),
        _topmost(sides[0], left[0]),
        tuple(_changes(sides, matching)),
        surroundings,
        rows=rows,
    )


def _topmost(layers: Sequence[Layer], left_over: Set[int]) -> tuple[Layer, ...]:
    """Layers without a counterpart; of a container without any in it, the container alone."""
    found: list[Layer] = []
    place, ends = 0, _ends(layers)
    while place < len(layers):
        if place in left_over:
            found.append(layers[place])
            place = ends[place]
        else:
            place += 1
    return tuple(found)


def _left_over(layers: Sequence[Layer], matched: Set[int]) -> Set[int]:
    """Places of layers that have no counterpart, nor has any layer in them."""
    ends = _ends(layers)
    before = [0]  # how many matched ones stand before each place
    for place in range(len(layers)):
        before.append(before[-1] + (place in matched))
    return {place for place, end in enumerate(ends) if before[end] == before[place]}


def _ends(layers: Sequence[Layer]) -> list[int]:
    """For each place in the walk, the place after all that is in its layer."""
    ends = [0] * len(layers)

    def visit(place: int) -> int:
        behind = place + 1
        for _ in layers[place].children:
            behind = visit(behind)
        ends[place] = behind
        return behind

    visit(0)
    return ends


def _changes(sides: tuple[Sequence[Layer], Sequence[Layer]], matching: Matching) -> list[LayerChange]:
    found = []
    moved = set(matching.moved)
    for first, second in sorted(
        [*matching.leaves, *matching.moved, *matching.containers], key=lambda p: p[1]
    ):
        before, after = sides[0][first], sides[1][second]
        change = LayerChange(before, after, changed_settings(before, after), (first, second) in moved)
        if change.settings or change.moved or differs_in_kind(before, after):
            found.append(change)
    return found


def _in_common(sides: tuple[Sequence[Layer], Sequence[Layer]], matching: Matching) -> float:
    """The share of both models' leaves that have a counterpart of their kind, from 0 to 1."""

    def weight(layer: Layer) -> int:
        return 1 if layer.parameters == 0 else _WEIGHT_OF_PARAMETERS

    total = sum(weight(layer) for side in sides for layer in side if is_leaf(layer))
    pairs = [*matching.leaves, *matching.moved]
    shared = sum(
        weight(sides[0][first]) + weight(sides[1][second])
        for first, second in pairs
        if not differs_in_kind(sides[0][first], sides[1][second])
    )
    return shared / total if total else 1.0


def _surroundings(
    old: Mapping[str, Settings], new: Mapping[str, Settings]
) -> dict[str, tuple[Settings | None, Settings | None]]:
    found: dict[str, tuple[Settings | None, Settings | None]] = {}
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        replaced = before is None or after is None or _kind(before) != _kind(after)
        if replaced or compare_settings(before or {}, after or {}, str((after or {}).get("kind", ""))):
            found[name] = (before, after)
    return found


def _kind(part: Settings) -> Any:
    """The class of a part; what a class of the code itself is called does not count."""
    kind = part.get("kind")
    return Text if isinstance(kind, Text) else kind
