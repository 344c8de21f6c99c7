"""The difference of two models in words: a headline, both trees line by line, and what trains them."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from trainstore.diff.architecture.compare import ArchitectureDiff
from trainstore.diff.architecture.layer import RECORDED, Layer, Settings, Text, value_told
from trainstore.diff.architecture.rows import Change, Row
from trainstore.diff.architecture.similarity import compare_settings, settings_changes
from trainstore.diff.architecture.summary import summarise, told_model
from trainstore.plain_text import one_line, plain

_MOST_ROWS = 300
_SAME_IN_A_ROW = 6  # more are cut to the first and the last ones
_AROUND = 2


class TreeLine(msgspec.Struct, frozen=True):
    """A line of two trees beside each other.

    Attributes:
        change: what became of the layer; of lines that are left out, that.
        old: the layer in the old tree; empty where it has none. Of lines that are left out, how many they are.
        new: likewise.
        both: the layer and how it changed, in one.
    """

    change: Change | Literal["left out"]
    old: str
    new: str
    both: str


def headline_told(diff: ArchitectureDiff) -> str:
    """Return what changed in one line, with the number of parameters."""
    counts = [side.parameters for side in (diff.old, diff.new)]
    told = ["unknown" if count is None else f"{count:,}" for count in counts]
    parameters = f"{told[0]} parameters" if told[0] == told[1] else f"{told[0]} → {told[1]} parameters"
    if counts == [None, None]:
        parameters = ""
    if diff.old.model is None or diff.new.model is None:
        return "not known"
    if diff.unchanged:
        state = "unchanged"
    elif diff.nothing_in_common:
        state = "nothing in common"
    elif not (diff.added or diff.removed or diff.changed):
        state = "the same layers"
    else:
        told_first = summarise(diff)
        state = one_line(", ".join(told_first[:4]), 160) + (" …" if len(told_first) > 4 else "")
    return "; ".join(filter(None, [state, parameters]))


def tree_lines(diff: ArchitectureDiff) -> list[TreeLine]:
    """Return both trees beside each other, long stretches that are equal cut; of two unrelated ones a line each."""
    if diff.nothing_in_common:
        old, new = (_model(side) for side in (diff.removed[0], diff.added[0]))
        return [TreeLine("removed", old, "", old), TreeLine("added", "", new, new)]
    if not (diff.added or diff.removed or diff.changed):
        return []
    return [
        TreeLine("left out", row, "", row) if isinstance(row, str) else _line(row)
        for row in _shortened(diff.rows)
    ]


def parts_told(diff: ArchitectureDiff) -> Iterator[tuple[Change, str]]:
    """Yield what changed of what trains the model: ``optimiser: Adam lr=0.001 → AdamW lr=0.0005``."""
    for name, (old, new) in diff.surroundings.items():
        change: Change = "added" if old is None else "removed" if new is None else "changed"
        yield change, plain(f"{one_line(name, 60)}: {_part_change(old, new)}")


def _model(layer: Layer) -> str:
    return f"{one_line(layer.kind, 60)}: {one_line(told_model(layer), 200)}"


def _shortened(rows: Sequence[Row]) -> list[Row | str]:
    """Rows, long stretches of equal ones cut."""
    found: list[Row | str] = []
    stretch: list[Row] = []
    for row in [*rows, None]:
        if row is not None and row.change == "same":
            stretch.append(row)
            continue
        if len(stretch) > _SAME_IN_A_ROW:
            left_out = len(stretch) - 2 * _AROUND
            found += [*stretch[:_AROUND], f"… {left_out} layers that are the same", *stretch[-_AROUND:]]
        else:
            found += stretch
        stretch = []
        found += [] if row is None else [row]
    if len(found) > _MOST_ROWS:
        found = [*found[:_MOST_ROWS], f"… {len(found) - _MOST_ROWS} more lines"]
    return found


def _line(row: Row) -> TreeLine:
    old, new = _cells(row)
    if row.change != "changed" or row.old is None or row.new is None:
        return TreeLine(row.change, old, new, new or old)
    return TreeLine(row.change, old, new, _cell(row.new, row.new_depth, _changed(row.old, row.new)))


def _cells(row: Row) -> tuple[str, str]:
    if row.old is None or row.new is None:
        said = row.change in ("added", "removed")
        left, right = (
            "" if layer is None else _cell(layer, depth, _settings(layer.settings) if said else "")
            for layer, depth in ((row.old, row.old_depth), (row.new, row.new_depth))
        )
        return left, right
    changes = settings_changes(row.old, row.new) if row.change == "changed" else {}
    told = [_settings({name: pair[side] for name, pair in changes.items()}) for side in (0, 1)]
    return _cell(row.old, row.old_depth, told[0]), _cell(row.new, row.new_depth, told[1])


def _changed(old: Layer, new: Layer) -> str:
    changes = settings_changes(old, new)
    told = [f"{one_line(name, 40)} {_value(pair[0])}→{_value(pair[1])}" for name, pair in changes.items()]
    return ", ".join([f"was {one_line(old.kind, 60)}"] * (old.kind != new.kind) + told)


def _cell(layer: Layer, depth: int, settings: str) -> str:
    """A layer in one line: ``· · fc1 Linear  4,160  [2 × 64]  in_features=64``."""
    name = layer.path.rpartition(".")[2]
    kind = "" if layer.functional and not settings else layer.kind
    named = f"{name} {kind}".rstrip() if name else f"{layer.kind}"
    told = [f"{'· ' * min(depth, 12)}{one_line(named, 120)}"]
    if layer.parameters:
        told.append(f"{layer.parameters:,}")
    if layer.output_shape is not None and layer.source == RECORDED:
        told.append(f"[{' × '.join(map(str, layer.output_shape[:8]))}]")
    told.append(settings)
    if layer.same_as is not None:
        told.append(f"is {one_line(layer.same_as, 60) or 'the model'}")
    if layer.condition is not None:
        told.append(one_line(layer.condition, 60))
    return "  ".join(filter(None, told))


def _settings(settings: Settings) -> str:
    return ", ".join(f"{one_line(name, 40)}={_value(value)}" for name, value in settings.items())


def _value(value: Any) -> str:
    text = value_told(value)
    if isinstance(value, Text) and value.value is not None:
        text = f"{value_told(value.value)} ({value})"
    if isinstance(value, tuple):
        text = "×".join(map(value_told, value))
    return one_line(text, 60) or "''"


def _part_change(old: Settings | None, new: Settings | None) -> str:
    if old is None or new is None:
        return _told_part(new or old or {})
    if old.get("kind") != new.get("kind"):
        return f"{_told_part(old)} → {_told_part(new)}"
    changes = compare_settings(old, new, str(new.get("kind", "")))
    told = [f"{one_line(key, 40)} {_value(pair[0])} → {_value(pair[1])}" for key, pair in changes.items()]
    kind = [one_line(str(new["kind"]), 60)] if "kind" in new else []
    return " ".join([*kind, ", ".join(told)])


def _told_part(settings: Settings) -> str:
    kind = one_line(str(settings.get("kind", "")), 60)
    rest = {name: value for name, value in settings.items() if name != "kind"}
    return " ".join(filter(None, [kind, _settings(rest)])) or "yes"
