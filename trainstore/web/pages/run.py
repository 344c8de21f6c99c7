"""One run: what it claims and what was measured, its curves, its surroundings, its model, and what repeats of it gave."""

from collections.abc import Mapping
from typing import Any

from trainstore.api import Store
from trainstore.documents.runs import of_run
from trainstore.records.run_record import RunRecord
from trainstore.store.index.entries import RunEntry, Version
from trainstore.web.page import Page
from trainstore.web.query import Query

_VERSIONS_OF = (
    "python",
    "torch",
    "numpy",
    "trainstore",
    "platform",
    "cpu",
    "cpu_capability",
    "cuda",
    "accelerator",
    "driver",
)


def run_page(store: Store, query: Query) -> Page:
    """Return the page of a run. Raises NotFound."""
    entry = store.find_run(query.needed("id"))
    record = store.run_record(entry.run_id)
    version = store.versions_of([entry]).get(entry.version_path)
    return Page(
        "run.html",
        lambda: run_facts(store, entry, record, version) | {"others": _others(store, entry, version)},
        lambda: of_run(record, version, entry.commit),
    )


def run_facts(store: Store, entry: RunEntry, record: RunRecord, version: Version | None) -> dict[str, Any]:
    """Return what the template of a run shows."""
    same_version = store.runs(version.path) if version else []
    return {
        "entry": entry,
        "run": record,
        "version": version,
        "metrics": _metrics(record),
        "parameters": _parameters(record),
        "environment": {name: value for name in _VERSIONS_OF if (value := record.environment.get(name))},
        "packages": record.environment.get("packages") or {},
        "others": [],
        "reruns": [run for run in same_version if run.rerun_of == record.run_id],
        "curves_known": {name: values for name, values in record.curves.items() if values},
    }


def _others(store: Store, entry: RunEntry, version: Version | None) -> list[tuple[RunEntry, str]]:
    """Return the runs to compare one with, each with what it is."""
    if version is None:
        return []
    versions = {one.path: one for one in store.versions(version.function)}
    runs = [run for run in store.runs(version.function) if run.run_id != entry.run_id]
    scored = [run for run in runs if run.score is not None and run.data_digest == entry.data_digest]
    before = [
        run
        for run in scored
        if run.version_path in versions and versions[run.version_path].ordinal < version.ordinal
    ]
    found = {
        "the run that it repeats": next((run for run in runs if run.run_id == entry.rerun_of), None),
        f"the newest other run of @{version.ordinal}": next(
            (run for run in reversed(scored) if run.version_path == entry.version_path and not run.verdict),
            None,
        ),
        "the newest of an older version": max(
            before, key=lambda run: (versions[run.version_path].ordinal, run.run_id), default=None
        ),
        "the best on this data": max(scored, key=lambda run: run.score or 0.0, default=None),
    }
    told: dict[str, tuple[RunEntry, str]] = {}
    for what, run in found.items():
        if run is not None:
            told.setdefault(run.run_id, (run, what))
    return list(told.values())


def _metrics(record: RunRecord) -> dict[str, dict[str, Any]]:
    """Return each metric with what was claimed and what was scored of it."""
    scored: Mapping[str, Any] = record.scored_metrics or {}
    claim = record.scoring["claim"]
    rows = {
        name: {"claimed": value, "scored": scored.get(name)} for name, value in record.claimed_metrics.items()
    }
    rows |= {name: {"claimed": None, "scored": value} for name, value in scored.items() if name not in rows}
    if claim and claim["name"] in rows:
        rows[claim["name"]] |= {"scored": claim["measured"], "checked": claim["reproduced"]}
    return rows


def _parameters(record: RunRecord) -> list[tuple[str, Any, str]]:
    """Return the hyperparameters, each with what is to be known of it."""
    return [
        (
            name,
            value,
            ", ".join(
                said
                for said, holds in (
                    ("chosen", name in record.chosen),
                    ("out of the declared range", name in record.out_of_range),
                )
                if holds
            ),
        )
        for name, value in record.hyperparameters.items()
    ] + [(name, None, "left out: the function cannot take it") for name in record.left_out]
