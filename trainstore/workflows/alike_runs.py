"""Which runs of two versions can be compared: the two that are most alike, each with those of other seeds."""

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

from trainstore.records.run_record import RunRecord
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import RunEntry, Version
from trainstore.store.index.queries import Index
from trainstore.workflows.read_run import readable_runs

_MOST_RUNS = 50  # of a version that are read, the newest


class Seeds(NamedTuple):
    """A run, with those that differ from it by their seed alone, itself among them; one a seed, by seed."""

    run: RunRecord | None
    others: Sequence[RunRecord]


def most_alike(repository: Repository, index: Index, old: Version, new: Version) -> tuple[Seeds, Seeds]:
    """Return one successful run of each version, or none where it has none.

    Of all pairs it is one on the same data and split, then with the same chosen hyperparameters, on the same device,
    with the same seed, as far as there is such a pair; and of those the newest.
    """
    entries = [_succeeded(index, version) for version in (old, new)]
    known = {run.run_id: record for run, record in readable_runs(repository, [*entries[0], *entries[1]])}
    before, after = ([known[run.run_id] for run in of_one if run.run_id in known] for of_one in entries)
    if before and after:  # of equally alike pairs the first is the newest
        old_run, new_run = max(product(before, after), key=lambda pair: _likeness(*pair))
        return with_seeds(old_run, before), with_seeds(new_run, after)
    return with_seeds(next(iter(before), None), before), with_seeds(next(iter(after), None), after)


def siblings(repository: Repository, index: Index, run: RunRecord) -> Seeds:
    """Return a run with those of its version that differ by their seed alone."""
    version = index.version_at(run.version["path"])
    entries = _succeeded(index, version) if version else []
    return with_seeds(run, [record for _, record in readable_runs(repository, entries)])


def with_seeds(run: RunRecord | None, runs: Sequence[RunRecord]) -> Seeds:
    """Return a run with those of given ones, newest first, that differ from it by their seed alone."""
    if run is None or run.outcome != "succeeded":
        return Seeds(run, ())
    by_seed = {run.seed: run}
    for other in runs:
        if _circumstances(other) == _circumstances(run):
            by_seed.setdefault(other.seed, other)
    return Seeds(run, [by_seed[seed] for seed in sorted(by_seed)])


def data_and_split(run: RunRecord) -> tuple[Any, ...]:
    """Return what must be the same of two runs for their metrics to be comparable."""
    return run.data["digest"], run.data["split"]["digests"], run.data["task"]


def _succeeded(index: Index, version: Version) -> list[RunEntry]:
    """Return a version's successful runs, newest first; of one that left the tree, those that left with it."""
    succeeded = [run for run in index.runs_with(version) if run.outcome == "succeeded"]
    return succeeded[: -_MOST_RUNS - 1 : -1]


def _likeness(old: RunRecord, new: RunRecord) -> tuple[bool, ...]:
    return (
        data_and_split(old) == data_and_split(new),
        old.chosen == new.chosen,
        old.device["used"] == new.device["used"],
        old.seed == new.seed,
    )


def _circumstances(run: RunRecord) -> tuple[Any, ...]:
    return (*data_and_split(run), run.hyperparameters, run.device["used"])
