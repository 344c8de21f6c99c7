"""Two versions side by side: code, search space, data profile and metrics."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from trainstore.api import Store
from trainstore.documents import of_diff
from trainstore.retention.scores import METRICS, more_is_better
from trainstore.web.code import code_lines, split_code
from trainstore.web.find_version import find_version
from trainstore.web.links import lasting_name
from trainstore.web.page import Page
from trainstore.web.query import Query
from trainstore.workflows.compare import VersionDiff

_CONTEXT = 4  # equal lines around what changed
_MOST_LINES = 5000  # beyond, comparing would take the better part of a second


class Line(NamedTuple):
    """A line of code with its number."""

    number: int
    html: Markup


class Pair(NamedTuple):
    """What stands side by side: equal lines, or what one was changed to; ``skipped`` equal lines before it."""

    old: Line | None
    new: Line | None
    equal: bool
    skipped: int = 0


def compare_page(store: Store, query: Query) -> Page:
    """Return the page of two versions. Raises NotFound, InvalidRecord."""
    old, new = (find_version(store, query.needed(name)) for name in ("old", "new"))
    diff = store.diff(old.path, new.path)

    def facts() -> dict[str, Any]:
        codes = [store.record(version).code for version in (old, new)]
        return {
            "diff": diff,
            "names": (lasting_name(old), lasting_name(new)),
            "metrics": _metrics(diff),
            "other_data": _on_other_data(diff),
            "pairs": list(_side_by_side(*codes)) if diff.code.unified else [],
        }

    return Page("compare.html", facts, lambda: of_diff(diff))


def _on_other_data(diff: VersionDiff) -> bool:
    digests = {run.data.get("digest") for run in diff.runs if run}
    return len(digests) > 1


def _metrics(diff: VersionDiff) -> list[dict[str, Any]]:
    """Return each metric of the two runs, with whether the new one is better where that can be told."""
    old, new = (dict((run.scored_metrics or run.claimed_metrics) if run else {}) for run in diff.runs)
    return [_metric(name, old.get(name), new.get(name), _on_other_data(diff)) for name in {**old, **new}]


def _metric(name: str, old: Any, new: Any, on_other_data: bool) -> dict[str, Any]:
    numbers = all(isinstance(value, int | float) for value in (old, new))
    difference = new - old if numbers and not on_other_data else None
    better = (difference > 0) == more_is_better(name) if difference and name in METRICS else None
    return {"name": name, "old": old, "new": new, "difference": difference, "better": better}


def _side_by_side(old: str, new: str) -> Iterator[Pair]:
    """Yield the lines that differ, each beside its counterpart, with a few equal ones around."""
    shown = [
        [Line(number, html) for number, html in enumerate(code_lines(code), start=1)] for code in (old, new)
    ]
    before, after = (split_code(code)[:_MOST_LINES] for code in (old, new))
    end = 0
    for group in difflib.SequenceMatcher(None, before, after).get_grouped_opcodes(_CONTEXT):
        skipped = group[0][1] - end
        for kind, *places in group:
            for pair in _pairs(shown, kind, places):
                yield pair._replace(skipped=skipped)
                skipped = 0
        end = group[-1][2]


def _pairs(shown: Sequence[Sequence[Line]], kind: str, places: Sequence[int]) -> Iterator[Pair]:
    old, new = shown[0][places[0] : places[1]], shown[1][places[2] : places[3]]
    for place in range(max(len(old), len(new))):
        yield Pair(
            old[place] if place < len(old) else None,
            new[place] if place < len(new) else None,
            kind == "equal",
        )
