"""Comparing two versions: their code, search spaces, data profiles, and what they reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainstore.diff.code import CodeDiff, compare_code
from trainstore.diff.fields import FieldsDiff, compare_fields
from trainstore.records.run_record import RunRecord
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.queries import Index
from trainstore.workflows.read_version import read_version
from trainstore.workflows.run_files import read_run


@dataclass(frozen=True)
class VersionDiff:
    """What differs from an old version to a new one.

    Attributes:
        metrics: of each one's last successful run.
        runs: those runs; None for a version that has none.
    """

    old: Version
    new: Version
    code: CodeDiff
    search_space: FieldsDiff
    data_profile: FieldsDiff
    metrics: FieldsDiff
    runs: tuple[RunRecord | None, RunRecord | None]


def compare_versions(repository: Repository, index: Index, old: Version, new: Version) -> VersionDiff:
    """Return what differs from one version to another, of the same function or not.

    Raises:
        InvalidRecord: one of them cannot be read.
    """
    records = [read_version(repository, version) for version in (old, new)]
    profiles = [record.content.get("data_profile") or {} for record in records]
    before, after = (_last_success(repository, index, version) for version in (old, new))
    return VersionDiff(
        old,
        new,
        compare_code(records[0].code, records[1].code, str(old), str(new)),
        compare_fields(records[0].bo_config, records[1].bo_config),
        compare_fields(*profiles),
        compare_fields(_metrics(before), _metrics(after)),
        (before, after),
    )


def _last_success(repository: Repository, index: Index, version: Version) -> RunRecord | None:
    succeeded = [run for run in index.runs_of(version.path) if run.present and run.outcome == "succeeded"]
    return read_run(repository, succeeded[-1]) if succeeded else None


def _metrics(run: RunRecord | None) -> Mapping[str, Any]:
    return {} if run is None else run.scored_metrics or run.claimed_metrics
