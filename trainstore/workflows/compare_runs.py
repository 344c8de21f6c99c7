"""Comparing two runs: what they were given, what surrounded them, what they reached."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from trainstore.diff.fields import FieldsDiff, compare_fields
from trainstore.diff.metrics import MetricsDiff, compare_metrics
from trainstore.execution.environment_changes import environment_changes
from trainstore.records.run_record import RunRecord
from trainstore.records.surroundings import RecordedChange
from trainstore.workflows.alike_runs import Seeds, data_and_split


class RunsDiff(msgspec.Struct, frozen=True):
    """What differs from an old run to a new one; either may be missing.

    Attributes:
        settings: data, split and seed.
        hyperparameters: what the functions were called with.
        environment: what surrounded them and is not the same: device, threads, versions, processor; what is known to
            change bits first.
        metrics: scored by trainstore, or claimed where one of them was not scored; ``scored`` tells which.
        seeds: the runs that differ from each by their seed alone, itself among them; none where one group has both.
        repeated: whether the two differ by no more than their seed and what surrounded them.
    """

    old: RunRecord | None
    new: RunRecord | None
    settings: FieldsDiff
    hyperparameters: FieldsDiff
    environment: Sequence[RecordedChange]
    metrics: MetricsDiff
    scored: bool
    seeds: tuple[Sequence[RunRecord], Sequence[RunRecord]]
    repeated: bool


def compare_runs(old: Seeds, new: Seeds) -> RunsDiff:
    """Return what differs between two runs, each with those of other seeds."""
    sides = (old.run, new.run)
    before, after = sides
    scored = all(run is None or run.scored_metrics for run in sides)
    reached = [_metrics(run, scored) for run in sides]
    repeated = bool(old.others) and [run.run_id for run in old.others] == [run.run_id for run in new.others]
    seeds = ((), ()) if repeated else (old.others, new.others)
    over_seeds = [[_metrics(run, scored) for run in group] for group in seeds]
    given = [run for run in sides if run] if all(sides) else []  # of one run alone nothing differs
    settings, hyperparameters, read = (
        [tell(run) for run in given] or [{}, {}]
        for tell in (_settings, lambda run: run.hyperparameters, msgspec.structs.asdict)
    )
    return RunsDiff(
        before,
        after,
        compare_fields(*settings),
        compare_fields(*hyperparameters),
        environment_changes(*read),
        compare_metrics(reached[0], reached[1], over_seeds[0], over_seeds[1], _not_comparable(before, after)),
        scored,
        seeds,
        repeated,
    )


def _settings(run: RunRecord) -> Mapping[str, Any]:
    data, split = run.data, run.data["split"]
    return {
        "source": data["source"],
        "digest": data["digest"],
        "target": data["target"],
        "task": data["task"],
        "split": split["kind"],
        "split_seed": split["seed"],
        "seed": run.seed,
    }


def _metrics(run: RunRecord | None, scored: bool) -> Mapping[str, Any]:
    if run is None:
        return {}
    return (run.scored_metrics if scored else run.claimed_metrics) or {}


def _not_comparable(old: RunRecord | None, new: RunRecord | None) -> str | None:
    if old is None or new is None or data_and_split(old) == data_and_split(new):
        return None
    (digest, _, task), (new_digest, _, new_task) = map(data_and_split, (old, new))
    if digest != new_digest:
        return "the runs are on different data"
    return (
        "the runs divided the data in different ways" if task == new_task else "the runs have different tasks"
    )
