"""The record of a run, composed of what was asked for, what the worker gave and what was measured."""

from typing import TYPE_CHECKING

import msgspec

from trainstore.records.run_record import RunRecord
from trainstore.version import __version__
from trainstore.workflows.prepared_run import Trained
from trainstore.workflows.recorded_inputs import recorded_data, recorded_version
from trainstore.workflows.score import Scores

if TYPE_CHECKING:
    from trainstore.store.checkpoints.tracked import Checkpoint

_KEPT_OUTPUT = 16_000  # letters in run.json, which git keeps for ever
_KEPT_COLUMNS = 1_000  # names, likewise


def compose_run(trained: Trained, scores: Scores) -> RunRecord:
    """Return the record of a run, its checkpoint not yet in it."""
    prepared, begun, result = trained.prepared, trained.begun, trained.result
    version, options, dataset = prepared.version, prepared.options, prepared.dataset
    features = list(dataset.features) if 0 < len(dataset.features) <= _KEPT_COLUMNS else None
    return RunRecord(
        run_id=begun.run_id,
        action="run",
        function=version.function,
        version=recorded_version(version, prepared.record),
        outcome=result.outcome,
        reason=result.reason,
        error=result.error,
        data={**recorded_data(dataset, options.target, prepared.split), "features": features},
        hyperparameters=dict(prepared.call.hyperparameters),
        chosen=dict(options.chosen),
        left_out=list(prepared.call.left_out),
        out_of_range=list(prepared.call.out_of_range),
        seed=options.seed,
        threads=result.threads,
        timeout_s=options.timeout_s,
        limits=options.limits,
        device=result.device,
        missing_imports=list(result.missing_imports),
        portable=result.runtime.portable,
        environment_of=prepared.surroundings.environment_of,
        environment={**result.environment, "trainstore": __version__},
        claimed_metrics=dict(result.metrics),
        curves={name: list(points) for name, points in result.curves.items()},
        unrecorded=list(result.unrecorded),
        scored_metrics=dict(scores.metrics) if scores.metrics is not None else None,
        scoring=scores.recorded,
        model=scores.model,
        checkpoint=None,
        weights_digest=result.weights_digest,
        sandbox=result.sandbox,
        output=result.output_tail[-_KEPT_OUTPUT:],
        started_at=f"{begun.started:%Y-%m-%dT%H:%M:%SZ}",
        duration_s=round(result.duration_s, 3),
    )


def with_checkpoint(run: RunRecord, folder: str, checkpoint: "Checkpoint") -> RunRecord:
    """Return the record of a run with its checkpoint, which stands in a folder of the store."""
    stored = f"sha256:{checkpoint.sha256['weights.safetensors']}"
    if stored != run.weights_digest:
        raise AssertionError(
            "the weights changed between the check and the cache, after every worker had ended"
        )
    return msgspec.structs.replace(
        run, checkpoint={"path": folder, "md5": checkpoint.md5, "bytes": checkpoint.size}
    )
