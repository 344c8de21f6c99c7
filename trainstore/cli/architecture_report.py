"""How the difference of two models is shown: both trees beside each other, or one below the other if it is narrow."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from trainstore.diff.architecture.compare import ArchitectureDiff
from trainstore.diff.architecture.layer import RECORDED, Layer, Settings, Text, value_told
from trainstore.diff.architecture.rows import Row
from trainstore.diff.architecture.similarity import compare_settings, settings_changes
from trainstore.diff.architecture.summary import summarise, told_model
from trainstore.execution.plain_text import one_line, plain

_NARROW = 76  # columns; below, one tree
_WIDEST = 10_000  # where nothing is cut
_LONGEST_CELL = 72
_MOST_ROWS = 300
_SAME_IN_A_ROW = 6  # more are cut to the first and the last ones
_AROUND = 2
_MARKS = {"same": " ", "added": "+", "removed": "−", "changed": "~", "moved": "↕"}
_COLOURS = {"added": "green", "removed": "red", "changed": "yellow", "moved": "cyan"}


def print_architecture(diff: ArchitectureDiff, width: int | None = None) -> None:
    """Print what differs between two models and between what trains them.

    Args:
        width: columns there are; None for those of the terminal, or as many as are needed where there is none.
    """
    for line, colour in architecture_lines(diff, _columns() if width is None else width):
        click.secho(line, fg=colour)


def architecture_lines(diff: ArchitectureDiff, width: int) -> Iterator[tuple[str, str | None]]:
    """Yield the lines, each with its colour, if it has one."""
    yield f"Architecture ({diff.new.source}): {_headline(diff)}", None
    for note in diff.notes:
        yield f"  {one_line(note, 300)}", "yellow"
    if diff.nothing_in_common:
        for mark, side, colour in (("−", diff.removed[0], "red"), ("+", diff.added[0], "green")):
            yield f"{mark} {one_line(side.kind, 60)}: {one_line(told_model(side), 200)}", colour
    elif diff.added or diff.removed or diff.changed:
        rows = _shortened(diff.rows)
        yield from _beside(rows, width) if width >= _NARROW else _below(rows)
    for name, (old, new) in diff.surroundings.items():
        yield _part(name, old, new)


def _headline(diff: ArchitectureDiff) -> str:
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


def _beside(rows: Sequence[Row | str], width: int) -> Iterator[tuple[str, str | None]]:
    cells = [(row, "") if isinstance(row, str) else _cells(row) for row in rows]
    most = min(_LONGEST_CELL, max((_length(cell) for pair in cells for cell in pair), default=0))
    half = min(most, (width - 6) // 2)
    for row, (left, right) in zip(rows, cells, strict=True):
        change = "same" if isinstance(row, str) else row.change
        line = f"{_MARKS[change]} {_fitted(left, half)} │ {_fitted(right, half)}"
        yield line.rstrip(" │") if isinstance(row, str) else line.rstrip(), _COLOURS.get(change)


def _below(rows: Sequence[Row | str]) -> Iterator[tuple[str, str | None]]:
    for row in rows:
        if isinstance(row, str):
            yield f"  {row}", None
            continue
        left, right = _cells(row)
        colour = _COLOURS.get(row.change)
        if row.change != "changed":
            yield f"{_MARKS[row.change]} {right or left}", colour
            continue
        assert row.old is not None and row.new is not None
        yield f"~ {_cell(row.new, row.new_depth, _changed(row.old, row.new))}", colour


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


def _part(name: str, old: Settings | None, new: Settings | None) -> tuple[str, str | None]:
    """A line for what trains the model: ``~ optimiser: Adam lr=0.001 → AdamW lr=0.0005``."""
    if old is None or new is None:
        change = "added" if old is None else "removed"
        return f"{_MARKS[change]} {one_line(name, 60)}: {_told_part(new or old or {})}", _COLOURS[change]
    if old.get("kind") == new.get("kind"):
        changes = compare_settings(old, new, str(new.get("kind", "")))
        told = [f"{one_line(key, 40)} {_value(pair[0])} → {_value(pair[1])}" for key, pair in changes.items()]
        kind = [one_line(str(new["kind"]), 60)] if "kind" in new else []
        return plain(f"~ {one_line(name, 60)}: {' '.join([*kind, ', '.join(told)])}"), _COLOURS["changed"]
    return f"~ {one_line(name, 60)}: {_told_part(old)} → {_told_part(new)}", _COLOURS["changed"]


def _told_part(settings: Settings) -> str:
    kind = one_line(str(settings.get("kind", "")), 60)
    rest = {name: value for name, value in settings.items() if name != "kind"}
    return " ".join(filter(None, [kind, _settings(rest)])) or "yes"


def _columns() -> int:
    if not sys.stdout.isatty():
        return _WIDEST
    import shutil

    return shutil.get_terminal_size().columns


def _length(text: str) -> int:
    if text.isascii() or not any(ord(letter) > 0x2FF and letter not in "·×→…" for letter in text):
        return len(text)
    from rich.cells import cell_len  # some letters take two columns, some none

    return cell_len(text)


def _fitted(text: str, width: int) -> str:
    length = _length(text)
    if length <= width:
        return text + " " * (width - length)
    if length == len(text):
        return f"{text[: width - 1]}…"
    from rich.cells import set_cell_size

    return f"{set_cell_size(text, width - 1)}…"
