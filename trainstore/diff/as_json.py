"""What differs as JSON has it: whatever was added, removed or changed, by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from trainstore.diff.fields import FieldsDiff
from trainstore.diff.metrics import MetricsDiff
from trainstore.diff.reasons import Why
from trainstore.diff.search_space import SpaceDiff
from trainstore.records.run_record import RunRecord


def fields_json(fields: FieldsDiff) -> dict[str, Any]:
    """Fields that differ."""
    changed = {name: {"old": old, "new": new} for name, (old, new) in fields.changed.items()}
    return {"added": dict(fields.added), "removed": dict(fields.removed), "changed": changed}


def changes_json(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What surrounded two runs and is not the same."""
    return [
        {"what": one["what"], "old": one["original"], "new": one["rerun"], "cause": one["cause"]}
        for one in changes
    ]


def side_json(run: RunRecord) -> dict[str, Any]:
    """A run that is compared, by what stands nowhere else in a comparison."""
    return {
        "run_id": run.run_id,
        "outcome": run.outcome,
        "seed": run.seed,
        "device": run.device.get("used"),
        "duration_s": run.duration_s,
        "parameters": run.model.parameters if run.model else None,
        "inference_bytes": run.model.inference_bytes if run.model else None,
    }


def space_json(space: SpaceDiff) -> dict[str, Any]:
    """Dimensions that differ, and how."""
    changed = {
        name: {"old": one.old, "new": one.new, "how": list(one.how)} for name, one in space.changed.items()
    }
    return {"added": dict(space.added), "removed": dict(space.removed), "changed": changed}


def metrics_json(metrics: MetricsDiff) -> dict[str, Any]:
    """What two runs reached."""
    return {
        **fields_json(metrics.fields),
        "not_comparable": metrics.not_comparable,
        "both": [msgspec.to_builtins(metric) for metric in metrics.both],
    }


def why_json(why: Why) -> dict[str, Any]:
    """Which side is better, and what may be why."""
    return {
        "metric": why.metric and why.metric.name,
        "better": why.better,
        "certainty": why.certainty,
        "probably": why.probably,
        "factors": [{"kind": one.kind, "what": list(one.what)} for one in why.factors],
        "against": [metric.name for metric in why.against],
    }
