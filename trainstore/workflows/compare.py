"""Comparing two versions, or two runs: code, architecture, search space, data profile, and what they reached."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from trainstore.diff.architecture.compare import ArchitectureDiff, compare_architectures
from trainstore.diff.architecture.sources import Side, architectures_of
from trainstore.diff.code.code_diff import CodeDiff, compare_code
from trainstore.diff.fields import FieldsDiff, compare_fields
from trainstore.diff.metrics import MetricsDiff
from trainstore.diff.search_space import SpaceDiff, compare_spaces
from trainstore.disk_format.run_ids import begins_run_id
from trainstore.errors import NotFound, UsageError
from trainstore.records.run_record import RunRecord
from trainstore.records.training_record import TrainingRecord
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import RunEntry, Version
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_run, resolve_version
from trainstore.workflows.alike_runs import Seeds, most_alike, siblings
from trainstore.workflows.compare_runs import RunsDiff, compare_runs
from trainstore.workflows.read_run import read_runs
from trainstore.workflows.read_version import read_version

if TYPE_CHECKING:
    from trainstore.diff.reasons import Why


class Comparison(msgspec.Struct, frozen=True, dict=True):
    """What differs from an old version to a new one, and between a run of each.

    Attributes:
        sides: what the architectures were read from.
        of_runs: whether two runs were asked for, and not two versions.
        runs: those runs, or of two versions the ones that are most alike; see `most_alike`.
    """

    old: Version
    new: Version
    of_runs: bool
    code: CodeDiff
    sides: tuple[Side, Side]
    architecture: ArchitectureDiff
    search_space: SpaceDiff
    data_profile: FieldsDiff
    runs: RunsDiff

    @property
    def metrics(self) -> MetricsDiff:
        """What the runs reached."""
        return self.runs.metrics

    @cached_property
    def summary(self) -> str:
        """What changed from the old version to the new one, in one line; empty where nothing did."""
        from trainstore.diff.architecture.summary import summarise
        from trainstore.diff.summary import summarise_change

        return summarise_change(summarise(self.architecture), self.search_space, self.code)

    @cached_property
    def why(self) -> "Why":
        """Which side is better, how sure that is, and what probably is why."""
        from trainstore.diff.factors import factors_of_runs, factors_of_versions
        from trainstore.diff.reasons import explain
        from trainstore.execution.environment_changes import as_causes

        runs = self.runs
        if runs.old is None or runs.new is None:
            return explain(self.metrics, factors_of_versions(self.code, self.architecture, self.search_space))
        factors = factors_of_runs(
            self.code,
            self._architecture_by_code,
            runs.settings,
            runs.hyperparameters,
            as_causes(runs.environment),
        )
        return explain(self.metrics, factors)

    @property
    def _architecture_by_code(self) -> ArchitectureDiff:
        """What the code alone changes of the architecture: both read from it, with the same hyperparameters."""
        old, new = self.sides
        if not self.code or not self.runs.hyperparameters.changed:
            return self.architecture
        values = {**(new.hyperparameters or {}), **(old.hyperparameters or {})}
        sides = (msgspec.structs.replace(side, facts=None, hyperparameters=values) for side in self.sides)
        return compare_architectures(*architectures_of(*sides))


def compare(repository: Repository, old: str, new: str | None) -> Comparison:
    """Return what differs between two versions, or two runs; of one version, from the one before it.

    Raises:
        UsageError: a run and a version, or one run alone.
        NotFound: one of them is not there, or there is no version before.
        InvalidRecord: one of them cannot be read.
    """
    names = [old] if new is None else [old, new]
    are_runs = [begins_run_id(name) for name in names]
    if are_runs == [True]:
        raise UsageError(
            "One run alone is compared with nothing.", f"Name a second run: trainstore diff {old} RUN"
        )
    if len(set(are_runs)) > 1:
        run, version = sorted(names, key=begins_run_id, reverse=True)
        raise UsageError(
            f"{run} is a run, and {version[:200]} is not.",
            "Compare two runs, or two versions; trainstore runs lists the runs of a version.",
        )
    with open_index(repository) as index:
        if are_runs[0]:
            return _of_runs(repository, index, *(resolve_run(index, name) for name in names))
        versions = [resolve_version(repository, index, name) for name in names]
        if new is None:
            versions.insert(0, _before(index, versions[0]))
        chosen = most_alike(repository, index, *versions)
    return _compare(repository, (versions[0], versions[1]), chosen, of_runs=False)


def _before(index: Index, version: Version) -> Version:
    """Return the version before one: the newest earlier one in the tree, or else of those that left it."""
    earlier = index.versions(version.data_type, version.model_name)[: version.ordinal - 1]
    if not earlier:
        raise NotFound(
            f"There is no version before {version}.", f"Name another: trainstore diff OLD {version}"
        )
    return next((one for one in reversed(earlier) if one.present), earlier[-1])


def _of_runs(repository: Repository, index: Index, old: RunEntry, new: RunEntry) -> Comparison:
    versions = [_version_of(index, entry) for entry in (old, new)]
    records = read_runs(repository, [old, new])
    seeds = [siblings(repository, index, record) for record in records]
    return _compare(repository, (versions[0], versions[1]), (seeds[0], seeds[1]), of_runs=True)


def _version_of(index: Index, run: RunEntry) -> Version:
    version = index.version_at(run.version_path)
    if version is None:
        raise NotFound(
            f"The version of run {run.run_id} is not known here.",
            "A shallow clone lacks it: git fetch --unshallow",
        )
    return version


def _compare(
    repository: Repository, versions: tuple[Version, Version], runs: tuple[Seeds, Seeds], *, of_runs: bool
) -> Comparison:
    old, new = versions
    before, after = (read_version(repository, version) for version in versions)
    # With a run on one side alone its hyperparameters would pass for a difference.
    alike = (runs[0].run, runs[1].run) if runs[0].run and runs[1].run else (None, None)
    sides = _side(before, alike[0]), _side(after, alike[1])
    return Comparison(
        old,
        new,
        of_runs,
        compare_code(before.code, after.code, str(old), str(new)),
        sides,
        compare_architectures(*architectures_of(*sides)),
        compare_spaces(before.bo_config, after.bo_config),
        compare_fields(_profile(before), _profile(after)),
        compare_runs(*runs),
    )


def _side(record: TrainingRecord, run: RunRecord | None) -> Side:
    hyperparameters = run.hyperparameters if run else None
    return Side(record.code, record.bo_config, run.model if run else None, hyperparameters, _profile(record))


def _profile(record: TrainingRecord) -> Mapping[str, Any]:
    return record.content.get("data_profile") or {}
