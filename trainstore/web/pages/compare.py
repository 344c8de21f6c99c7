"""Two versions, or two runs, side by side: metrics, search space, data profile, surroundings and code."""

from typing import Any

from trainstore.api import Store
from trainstore.disk_format.run_ids import begins_run_id
from trainstore.documents.comparison import of_comparison
from trainstore.web.find_version import find_version
from trainstore.web.links import lasting_name
from trainstore.web.page import Page
from trainstore.web.query import Query
from trainstore.web.side_by_side import side_by_side


def compare_page(store: Store, query: Query) -> Page:
    """Return the page of two versions or two runs. Raises NotFound, InvalidRecord, UsageError."""
    names = [query.needed("old"), query.needed("new")]
    diff = store.diff(
        *(name if begins_run_id(name) else find_version(store, name).path for name in names),
    )

    def facts() -> dict[str, Any]:
        sides = [(diff.old, diff.runs.old), (diff.new, diff.runs.new)]
        return {
            "diff": diff,
            "names": [
                run.run_id if diff.of_runs and run else lasting_name(version) for version, run in sides
            ],
            "sides": _sides(diff.of_runs, sides),
            "pairs": list(side_by_side(*(store.record(version).code for version, _ in sides)))
            if diff.code
            else [],
        }

    return Page("compare.html", facts, lambda: of_comparison(diff))


def _sides(of_runs: bool, sides: list[tuple[Any, Any]]) -> list[str]:
    """Return what heads the columns: the ordinals alone where both are of one function."""
    if of_runs:
        return [run.run_id for _, run in sides]
    same = sides[0][0].function == sides[1][0].function
    return [f"@{version.ordinal}" if same else str(version) for version, _ in sides]
