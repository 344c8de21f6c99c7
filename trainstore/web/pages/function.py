"""One function: its versions with what each reached, which was made from which, and what happened to it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from trainstore.api import Store
from trainstore.documents.pages import of_function_page
from trainstore.store.index.entries import RunEntry, Version
from trainstore.web.links import Links
from trainstore.web.page import Page, Part
from trainstore.web.pages.function_graph import graph_of
from trainstore.web.pages.function_timeline import moments_of
from trainstore.web.query import Query
from trainstore.workflows.lineage import Descent

_A_PART = 50
_RUNS_A_PART = 30
_MOST_EVENTS = 30
_MOST_MOMENTS = 200  # of the timeline; more are too close to tell apart
_MOST_STEPS = 30
_MOST_IN_TREE = 200


class VersionRow(NamedTuple):
    """A version as the table shows it.

    Attributes:
        before: the version before it, of the same function.
        parent: the one that it was made from, as far as is known.
        runs: in the tree, oldest first.
        score: of the newest of them that has one.
    """

    version: Version
    before: Version | None
    parent: Version | None
    runs: Sequence[RunEntry]
    score: float | None


class Branch(NamedTuple):
    """A version in the tree of descents, ``depth`` steps below the first."""

    version: Version
    depth: int
    score: float | None


def function_page(store: Store, query: Query) -> Page:
    """Return the page of a function. Raises NotFound."""
    name = query.needed("name")
    versions = store.versions(name)
    function = versions[0].function
    descents = store.lineage(function)

    return Page(
        "function.html",
        lambda: _facts(store, query, versions, descents),
        lambda: of_function_page(function, descents, store.history(function)),
    )


def _facts(
    store: Store, query: Query, versions: Sequence[Version], descents: Sequence[Descent]
) -> dict[str, Any]:
    function = versions[0].function
    runs = store.runs(function)
    part = Part(query.page(), _A_PART, len(versions))
    rows = _rows(versions, descents, runs)[::-1][part.span]
    runs_part = Part(query.page("runs"), _RUNS_A_PART, len(runs), "runs")
    events = store.history(function, limit=_MOST_MOMENTS)
    steps = store.lineage_graph(function, limit=_MOST_STEPS + 1, summarised=False)
    return {
        "function": function,
        "current": next((version for version in reversed(versions) if version.present), None),
        "first": versions[0],
        "total": len(versions),
        "present": sum(version.present for version in versions),
        "part": part,
        "rows": rows,
        "told": {
            "writer": any(row.version.api_model not in (None, "none") for row in rows),
            "parent": any(row.parent for row in rows),
        },
        "runs_part": runs_part,
        "runs": runs[::-1][runs_part.span],
        "of_run": {version.path: version for version in versions},
        "of_commit": {version.commit: version for version in versions},
        "moments": moments_of(events, versions, runs, Links()),
        "steps": graph_of(steps[:_MOST_STEPS]),
        "more_steps": len(steps) > _MOST_STEPS,
        "tree": _tree(descents, store)[:_MOST_IN_TREE] if _leads_elsewhere(descents) else [],
        "events": events[:_MOST_EVENTS],
        "more_events": len(events) > _MOST_EVENTS,
        "given": {name: value for name, value in query.given().items() if name in ("page", "runs")}
        | {"name": function},
    }


def _rows(
    versions: Sequence[Version], descents: Sequence[Descent], runs: Sequence[RunEntry]
) -> list[VersionRow]:
    parents = {one.version.path: one.parent for one in descents}
    of_version: dict[str, list[RunEntry]] = defaultdict(list)
    for run in runs:
        of_version[run.version_path].append(run)
    return [
        VersionRow(
            version,
            versions[place - 1] if place else None,
            parents.get(version.path),
            of_version[version.path],
            _score(of_version[version.path]),
        )
        for place, version in enumerate(versions)
    ]


def _score(runs: Sequence[RunEntry]) -> float | None:
    return next((run.score for run in reversed(runs) if run.score is not None), None)


def _leads_elsewhere(descents: Sequence[Descent]) -> bool:
    """Tell whether a version was made from one of another function, which the function's own history does not show."""
    return any(one.parent and one.parent.function != one.version.function for one in descents)


def _tree(descents: Sequence[Descent], store: Store) -> list[Branch]:
    """Return each version below the one that it was made from."""
    children: dict[str, list[Version]] = defaultdict(list)
    for one in descents:
        children[one.parent.path if one.parent else ""].append(one.version)
    scores = {
        function: {run.version_path: run.score for run in store.runs(function) if run.score is not None}
        for function in {one.version.function for one in descents}
    }
    branches: list[Branch] = []
    waiting = [(version, 0) for version in reversed(children[""])]
    while waiting:  # a chain of improvements can be longer than Python's stack
        version, depth = waiting.pop()
        branches.append(Branch(version, depth, scores[version.function].get(version.path)))
        waiting += [(child, depth + 1) for child in reversed(children[version.path])]
    return branches
