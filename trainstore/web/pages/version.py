"""One version: its code, search space, data and origin, its runs, and what it changed."""

from collections.abc import Mapping
from itertools import repeat
from typing import Any

from trainstore.api import Store
from trainstore.diff.code.code_diff import CodeDiff, compare_code
from trainstore.documents.pages import VersionPageJson, of_version_page
from trainstore.records.training_record import TrainingRecord
from trainstore.store.index.entries import Version
from trainstore.web.find_version import find_version
from trainstore.web.page import Page, Part
from trainstore.web.query import Query

_RUNS_A_PART = 30
_TOLD_ELSEWHERE = {"model_name", "training_code", "bo_config", "confidence", "data_profile", "timestamp"}


def version_page(store: Store, query: Query) -> Page:
    """Return the page of a version. Raises NotFound, InvalidRecord."""
    version = find_version(store, query.needed("name"))
    record = store.record(version)

    def document() -> VersionPageJson:
        entries = store.runs(version.path)
        runs = zip(entries, store.run_records(entries), repeat(version))
        return of_version_page(version, record, store.change(version), runs)

    def facts() -> dict[str, Any]:
        shown = version_facts(store, version, record)
        part = Part(query.page("runs"), _RUNS_A_PART, len(shown["runs"]), "runs")
        return {**shown, "runs": shown["runs"][part.span], "runs_part": part}

    return Page("version.html", facts, document)


def version_facts(store: Store, version: Version, record: TrainingRecord) -> dict[str, Any]:
    """Return what the template of a version shows."""
    versions = store.versions(version.function)
    place = next(place for place, one in enumerate(versions) if one.path == version.path)
    before = versions[place - 1] if place else None
    after = versions[place + 1] if place + 1 < len(versions) else None
    current = next((one for one in reversed(versions) if one.present), None)
    parent = next((one.parent for one in store.lineage(version.function) if one.version == version), None)
    content = record.content
    profile = content.get("data_profile")
    return {
        "version": version,
        "record": record,
        "is_current": current is not None and current.path == version.path,
        "pinned": store.pinned(version),
        "before": before,
        "after": after,
        "parent": parent,
        "change": _change(store, before, version, record),
        "space": _space(record.bo_config),
        "profile": _fields(profile) if isinstance(profile, dict) else [],
        "provenance": _fields({key: value for key, value in content.items() if key not in _TOLD_ELSEWHERE}),
        "runs": store.runs(version.path)[::-1],
        "runs_part": None,
    }


def _change(
    store: Store, before: Version | None, version: Version, record: TrainingRecord
) -> CodeDiff | None:
    if before is None:
        return None
    return compare_code(store.record(before).code, record.code, str(before), str(version))


def _space(bo_config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the search space; an entry that is no object is its own default."""
    return [
        {"name": name, **(entry if isinstance(entry, dict) else {"default": entry})}
        for name, entry in bo_config.items()
    ]


def _fields(content: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Return the fields of an object that say something, those of objects within by their path."""
    rows: list[tuple[str, Any]] = []
    for key, value in content.items():
        if isinstance(value, dict) and not above.count("."):
            rows += _fields(value, f"{above}{key}.")
        elif value not in (None, "", [], {}):
            rows.append((f"{above}{key}", value))
    return rows
