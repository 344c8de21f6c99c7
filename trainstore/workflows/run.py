"""Running a version: its data divided, the function in a worker, the model scored, all of it committed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trainstore.disk_format.layout import run_folder
from trainstore.disk_format.run_ids import new_run_id
from trainstore.execution.request import TrainingRequest, TrainingResult
from trainstore.execution.run_training import run_training
from trainstore.profiling.split_dataset import split_dataset
from trainstore.records.datasets import Dataset, Split
from trainstore.records.run_record import RunRecord, encode_run
from trainstore.records.training_code import Call, plan_call
from trainstore.records.training_record import TrainingRecord
from trainstore.store.checkpoints.cache_lock import cache_in_use
from trainstore.store.git.changes import Change, Commit, Write
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.store.messages import run_message
from trainstore.store.resolve import resolve_version
from trainstore.store.writing.transaction import commit_changes
from trainstore.version import __version__
from trainstore.workflows.data_sets import as_recorded, load_data
from trainstore.workflows.read_version import read_version
from trainstore.workflows.recorded_environment import Surroundings, surroundings_for
from trainstore.workflows.run_options import RunOptions
from trainstore.workflows.score import Scores, score_model

if TYPE_CHECKING:
    from trainstore.store.checkpoints.tracked import Checkpoint

_PATIENCE_S = 3600.0  # for another writer: what was trained must not be lost to it
_KEPT_COLUMNS = 1_000  # names in run.json, likewise
_KEPT_OUTPUT = 16_000  # letters in run.json, which git keeps for ever


@dataclass(frozen=True)
class PreparedRun:
    """Everything that one execution needs; made by `run_version`, and by a rerun from what it repeats."""

    version: Version
    record: TrainingRecord
    call: Call
    dataset: Dataset
    split: Split
    options: RunOptions
    surroundings: Surroundings = field(default_factory=Surroundings)


@dataclass(frozen=True)
class RunResult:
    """A run as it was recorded."""

    record: RunRecord
    version: Version
    commit: str


def _ignore(_: str) -> None:
    pass


@dataclass(frozen=True)
class Listener:
    """Who is told while a run lasts: each step in a few words, and each line that the function prints."""

    on_step: Callable[[str], None] = _ignore
    on_output: Callable[[str], None] = _ignore


Judge = Callable[[RunRecord], RunRecord]


def run_version(repository: Repository, name: str, options: RunOptions, listener: Listener) -> RunResult:
    """Run a version on a data set and commit what came of it, whether it succeeded or not.

    Writes: the checkpoint into DVC's cache, and one commit with run.json and the checkpoint's pointer.

    Args:
        repository: the store.
        name: names the version.
        options: data, hyperparameters, seeds, device and limits.
        listener: is told of the progress.

    Raises:
        NotFound, InvalidRecord, InvalidData, UsageError, DeviceUnavailable, EnvironmentUnavailable: nothing ran,
            nothing is recorded.
    """
    with open_index(repository) as index:
        version = resolve_version(repository, index, name)
    record = read_version(repository, version)
    call = plan_call(record.signature, record.space, options.chosen)
    surroundings = surroundings_for(repository, version, options, listener.on_step)
    listener.on_step(f"loading {options.data}")
    dataset = load_data(
        repository, options.data, target=options.target, task=options.task, sandbox=options.sandbox
    )
    prepared = PreparedRun(
        version, record, call, dataset, split_dataset(dataset, options.split_seed), options, surroundings
    )
    return execute(repository, prepared, listener)


def execute(
    repository: Repository,
    prepared: PreparedRun,
    listener: Listener,
    judge: Judge = lambda run: run,
) -> RunResult:
    """Execute, score and commit a prepared run; a rerun gives the judge that adds its verdict."""
    started = datetime.now(UTC)
    run_id = new_run_id(started)
    folder = run_folder(prepared.version.folder, run_id)
    options = prepared.options
    request = TrainingRequest(
        code=prepared.record.code,
        parts=prepared.split.parts,
        hyperparameters=prepared.call.hyperparameters,
        device=options.device,
        seed=options.seed,
        threads=options.threads,
        limits=options.worker_limits(),
        sandbox=options.sandbox,
        runtime=prepared.surroundings.runtime,
    )
    listener.on_step(f"training {prepared.version} in a worker process")
    # What is in the cache is named by nothing before it is committed: it must not be reclaimed meanwhile.
    with run_training(request, listener.on_output) as result, cache_in_use(repository):
        # Kept before it is scored: scoring loads untrusted classes, and may not touch what was hashed.
        checkpoint = _keep(repository, f"{folder}/checkpoint", result)
        scores = _score(prepared, result, listener)
        run = judge(_record(prepared, run_id, started, result, scores))
        if checkpoint is not None:
            run = _with_checkpoint(run, f"{folder}/checkpoint", checkpoint)
        changes: list[Change] = [Write(f"{folder}/run.json", encode_run(run))]
        if checkpoint is not None:
            changes.append(Write(f"{folder}/checkpoint.dvc", checkpoint.pointer))
        message = run_message(run, prepared.version, folder, scores.headline)
        commit = Commit(message, tuple(changes), int(started.timestamp()))
        commits = commit_changes(repository, lambda _: [commit], wait_seconds=_PATIENCE_S)
    return RunResult(run, prepared.version, commits[0])


def _score(prepared: PreparedRun, result: TrainingResult, listener: Listener) -> Scores:
    if result.outcome == "succeeded":
        listener.on_step("scoring the model on data that the function has not seen")
    classes = prepared.dataset.classes
    return score_model(
        result,
        prepared.split,
        prepared.dataset.task,
        None if classes is None else len(classes),
        prepared.options.sandbox,
        prepared.options.worker_limits(),
    )


def _keep(repository: Repository, folder: str, result: TrainingResult) -> "Checkpoint | None":
    from trainstore.store.checkpoints.tracked import add_checkpoint  # DVC; what is only looked up needs none

    if result.weights is None or result.structure is None:
        return None
    result.weights.seek(0)
    result.structure.seek(0)
    return add_checkpoint(
        repository.root, folder, {"weights.safetensors": result.weights, "structure.pkl": result.structure}
    )


def _record(
    prepared: PreparedRun, run_id: str, started: datetime, result: TrainingResult, scores: Scores
) -> RunRecord:
    version, options, dataset = prepared.version, prepared.options, prepared.dataset
    return RunRecord(
        run_id=run_id,
        action="run",
        function=version.function,
        version={
            "timestamp": version.timestamp,
            "path": version.path,
            "commit": version.commit,
            "code_digest": prepared.record.code_digest,
            "space_digest": prepared.record.space_digest,
        },
        outcome=result.outcome,
        reason=result.reason,
        error=vars(result.error) if result.error else None,
        data={
            "source": dataset.source,
            "target": options.target,
            "task": dataset.task,
            "classes": list(dataset.classes) if dataset.classes is not None else None,
            "digest": dataset.digest,
            "features": list(dataset.features) if 0 < len(dataset.features) <= _KEPT_COLUMNS else None,
            "split": dict(prepared.split.recorded),
            "pinned": as_recorded(dataset.pinned),
        },
        hyperparameters=dict(prepared.call.hyperparameters),
        chosen=dict(options.chosen),
        left_out=list(prepared.call.left_out),
        out_of_range=list(prepared.call.out_of_range),
        seed=options.seed,
        threads=result.threads,
        timeout_s=options.timeout_s,
        limits=options.limits,
        device=dict(result.device),
        missing_imports=list(result.missing_imports),
        portable=result.runtime.portable,
        environment_of=prepared.surroundings.environment_of,
        environment={**result.environment, "trainstore": __version__},
        claimed_metrics=dict(result.metrics),
        curves={name: list(points) for name, points in result.curves.items()},
        unrecorded=list(result.unrecorded),
        scored_metrics=dict(scores.metrics) if scores.metrics is not None else None,
        scoring={
            "outcome": scores.outcome,
            "reason": scores.reason,
            "probabilities": scores.probabilities,
            "swapped_axes": scores.swapped_axes,
            "claim": vars(scores.claim) if scores.claim else None,
            "undescribed": scores.undescribed,
        },
        model=scores.model,
        checkpoint=None,
        weights_digest=result.weights_digest,
        sandbox=dict(result.sandbox),
        output=result.output_tail[-_KEPT_OUTPUT:],
        started_at=f"{started:%Y-%m-%dT%H:%M:%SZ}",
        duration_s=round(result.duration_s, 3),
    )


def _with_checkpoint(run: RunRecord, folder: str, checkpoint: "Checkpoint") -> RunRecord:
    import msgspec

    stored = f"sha256:{checkpoint.sha256['weights.safetensors']}"
    if stored != run.weights_digest:
        raise AssertionError(
            "the weights changed between the check and the cache, after every worker had ended"
        )
    return msgspec.structs.replace(
        run, checkpoint={"path": folder, "md5": checkpoint.md5, "bytes": checkpoint.size}
    )
