"""What differs between two runs, and why."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import msgspec

from trainstore.diff.metrics import MetricDiff, Side
from trainstore.diff.reasons import Certainty, Kind, Why
from trainstore.documents.differences import FieldsJson, PairJson, of_fields
from trainstore.execution.outcome import Outcome
from trainstore.records.run_record import RunRecord

if TYPE_CHECKING:
    from trainstore.workflows.compare_runs import RunsDiff


class SideJson(TypedDict):
    """A run that is compared, by what stands nowhere else in a comparison.

    Attributes:
        run_id: its id.
        outcome: how it ended.
        seed: of the training.
        device: that it used.
        duration_s: of the training, in seconds.
        parameters: values in all parameters of its model; null where it is not described.
        inference_bytes: of all tensors of its model; null likewise.
    """

    run_id: str
    outcome: Annotated[str, Outcome]
    seed: int
    device: str | None
    duration_s: float
    parameters: int | None
    inference_bytes: int | None


class SurroundingJson(TypedDict):
    """Something around two runs that is not the same.

    Attributes:
        what: what it is.
        old: its value on the old side.
        new: its value on the new side.
        cause: whether it is known to change bits.
    """

    what: str
    old: Any
    new: Any
    cause: bool


class ComparedRunsJson(TypedDict):
    """The runs that are compared; of versions, those that are most alike (docs/compare.md).

    Attributes:
        old: the old run; null where a version has none that succeeded.
        new: the new run; null likewise.
        settings: what differs of data, split and seed.
        hyperparameters: what the functions were called with, where it differs.
        environment: what surrounded the two and is not the same.
        seeds: ids of the runs that differ from each by their seed alone, itself among them; none where one group has both.
    """

    old: SideJson | None
    new: SideJson | None
    settings: FieldsJson
    hyperparameters: FieldsJson
    environment: list[SurroundingJson]
    seeds: PairJson[list[str]]


class MetricsJson(FieldsJson):
    """What two runs reached.

    Attributes:
        not_comparable: why the metrics say nothing about which is better; null where they do.
        both: every metric that both runs have as a number.
        scored: whether trainstore measured them; else they are claimed.
    """

    not_comparable: str | None
    both: list[Annotated[dict[str, Any], MetricDiff]]
    scored: bool


class FactorJson(TypedDict):
    """Something that differs and can matter.

    Attributes:
        kind: of what kind it is.
        what: what differs, in a few words each.
    """

    kind: Kind
    what: list[str]


class WhyJson(TypedDict):
    """Which side is better, and what may be why.

    Attributes:
        metric: the one that decides.
        better: the side that is better by this metric; null where none is.
        certainty: whether that is more than chance.
        probably: the factor that probably is why; null where that cannot be told.
        factors: what differs and can matter, the weightiest first.
        against: metrics that call the other side better.
    """

    metric: str | None
    better: Side | None
    certainty: Certainty
    probably: Kind | None
    factors: list[FactorJson]
    against: list[str]


def of_compared_runs(runs: "RunsDiff") -> ComparedRunsJson:
    """The two runs, and what they were given."""
    return {
        "old": _of_side(runs.old) if runs.old else None,
        "new": _of_side(runs.new) if runs.new else None,
        "settings": of_fields(runs.settings),
        "hyperparameters": of_fields(runs.hyperparameters),
        "environment": _of_changes(runs.environment),
        "seeds": {
            "old": [run.run_id for run in runs.seeds[0]],
            "new": [run.run_id for run in runs.seeds[1]],
        },
    }


def _of_changes(changes: Sequence[Mapping[str, Any]]) -> list[SurroundingJson]:
    return [
        {"what": one["what"], "old": one["original"], "new": one["rerun"], "cause": one["cause"]}
        for one in changes
    ]


def _of_side(run: RunRecord) -> SideJson:
    return {
        "run_id": run.run_id,
        "outcome": run.outcome,
        "seed": run.seed,
        "device": run.device["used"],
        "duration_s": run.duration_s,
        "parameters": run.model.parameters if run.model else None,
        "inference_bytes": run.model.inference_bytes if run.model else None,
    }


def of_metrics(runs: "RunsDiff") -> MetricsJson:
    """What they reached."""
    return {
        **of_fields(runs.metrics.fields),
        "not_comparable": runs.metrics.not_comparable,
        "both": [msgspec.to_builtins(metric) for metric in runs.metrics.both],
        "scored": runs.scored,
    }


def of_claims(runs: "RunsDiff") -> PairJson[str | None]:
    """Whether their claims hold."""
    return {"old": runs.old.claim if runs.old else None, "new": runs.new.claim if runs.new else None}


def of_why(why: Why) -> WhyJson:
    """Which side is better, and what may be why."""
    return {
        "metric": why.metric.name if why.metric else None,
        "better": why.better,
        "certainty": why.certainty,
        "probably": why.probably,
        "factors": [{"kind": one.kind, "what": list(one.what)} for one in why.factors],
        "against": [metric.name for metric in why.against],
    }
