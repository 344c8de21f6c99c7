"""Comparing two versions, or two runs: code, architecture, search space, data profile, and what they reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainstore.diff.code.code_diff import CodeDiff, compare_code
from trainstore.diff.fields import FieldsDiff, compare_fields
from trainstore.diff.metrics import MetricsDiff
from trainstore.diff.search_space import SpaceDiff, compare_spaces
from trainstore.errors import NotFound
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import RunEntry, Version
from trainstore.store.index.queries import Index
from trainstore.workflows.alike_runs import Seeds, most_alike, siblings
from trainstore.workflows.compare_runs import RunsDiff, compare_runs
from trainstore.workflows.read_version import read_version
from trainstore.workflows.run_files import read_runs


@dataclass(frozen=True)
class Comparison:
    """What differs from an old version to a new one, and between a run of each.

    Attributes:
        of_runs: whether two runs were asked for, and not two versions.
        runs: those runs, or of two versions the ones that are most alike; see `most_alike`.
    """

    old: Version
    new: Version
    of_runs: bool
    code: CodeDiff
    search_space: SpaceDiff
    data_profile: FieldsDiff
    runs: RunsDiff

    @property
    def metrics(self) -> MetricsDiff:
        """What the runs reached."""
        return self.runs.metrics


def compare_versions(repository: Repository, index: Index, old: Version, new: Version) -> Comparison:
    """Return what differs from one version to another, of the same function or not.

    Raises:
        InvalidRecord: one of them cannot be read.
    """
    return _compare(repository, (old, new), most_alike(repository, index, old, new), of_runs=False)


def compare_run_entries(repository: Repository, index: Index, old: RunEntry, new: RunEntry) -> Comparison:
    """Return what differs from one run to another, of one version or of two.

    Raises:
        NotFound: the version of one of them is not known, as in a shallow clone.
        InvalidRecord: a version or a run cannot be read.
    """
    versions = [_version_of(index, entry) for entry in (old, new)]
    records = read_runs(repository, [old, new])
    seeds = [siblings(repository, index, record) for record in records]
    return _compare(repository, (versions[0], versions[1]), (seeds[0], seeds[1]), of_runs=True)


def _version_of(index: Index, run: RunEntry) -> Version:
    version = index.version_at(run.version_path)
    if version is None:
        raise NotFound(
            f"The version of run {run.run_id} is not known here.", "A shallow clone lacks it: git fetch --unshallow"
        )
    return version


def _compare(
    repository: Repository, versions: tuple[Version, Version], runs: tuple[Seeds, Seeds], *, of_runs: bool
) -> Comparison:
    old, new = versions
    before, after = (read_version(repository, version) for version in versions)
    return Comparison(
        old,
        new,
        of_runs,
        compare_code(before.code, after.code, str(old), str(new)),
        compare_spaces(before.bo_config, after.bo_config),
        compare_fields(_profile(before.content), _profile(after.content)),
        compare_runs(*runs),
    )


def _profile(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return content.get("data_profile") or {}
