"""Running a version: its data divided, the function in a worker, the model scored, all of it committed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainstore.disk_format.layout import checkpoint_folder, run_folder
from trainstore.errors import TrainstoreError
from trainstore.execution.interrupts import interrupts_deferred
from trainstore.execution.request import TrainingRequest, TrainingResult
from trainstore.execution.run_training import run_training
from trainstore.profiling.split_dataset import split_dataset
from trainstore.records.run_record import RunRecord, encode_run
from trainstore.records.training_code import plan_call
from trainstore.store.checkpoints.begun import Announce, noted
from trainstore.store.checkpoints.cache_lock import cache_in_use
from trainstore.store.git.changes import Commit, Write
from trainstore.store.git.read import list_tree
from trainstore.store.git.repository import Repository, read_head
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.store.messages import run_message
from trainstore.store.resolve import resolve_version
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.compose_run import compose_run, with_checkpoint
from trainstore.workflows.load_data import load_data
from trainstore.workflows.prepared_run import Beginning, PreparedRun, Trained
from trainstore.workflows.read_version import read_version
from trainstore.workflows.recorded_environment import surroundings_for
from trainstore.workflows.run_files import take_away
from trainstore.workflows.run_options import RunOptions
from trainstore.workflows.score import Scores, score_model
from trainstore.workflows.transfers.progress import Transfer

if TYPE_CHECKING:
    from trainstore.store.checkpoints.tracked import Checkpoint

_PATIENCE_S = 3600.0  # for another writer: what was trained must not be lost to it


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
        repository,
        options.data,
        target=options.target,
        task=options.task,
        sandbox=options.sandbox,
        transfer=Transfer(listener.on_step),
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
    begun = Beginning.now()
    listener.on_step(f"training {prepared.version} in a worker process")
    with run_training(training_request(prepared), listener.on_output) as result:
        return keep_result(repository, Trained(prepared, begun, result), listener, judge)


def training_request(prepared: PreparedRun) -> TrainingRequest:
    """Return what a worker is asked to do."""
    options = prepared.options
    return TrainingRequest(
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


def keep_result(
    repository: Repository,
    trained: Trained,
    listener: Listener,
    judge: Judge = lambda run: run,
    beside: Mapping[str, bytes] | None = None,
) -> RunResult:
    """Score what a training gave, on the test part too, and commit it as a run.

    Writes: the checkpoint into DVC's cache, and one commit with run.json and the checkpoint's pointer.

    Args:
        repository: the store.
        trained: what was run, and what it gave.
        listener: is told of the progress.
        judge: may change the record before it is written.
        beside: file name -> content of what else is committed in the run's folder.
    """
    prepared, begun = trained.prepared, trained.begun
    folder = run_folder(prepared.version.folder, begun.run_id)
    # What is in the cache is named by nothing before it is committed: it must not be reclaimed meanwhile.
    with cache_in_use(repository), noted(repository, folder, prepared.version.path) as announce:
        # Kept before it is scored: scoring loads untrusted classes, and may not touch what was hashed.
        checkpoint = _keep(repository, checkpoint_folder(folder), trained.result, announce)
        with _gone_unless_committed(repository, folder, checkpoint):
            scores = _score(prepared, trained.result, listener)
            run = judge(compose_run(trained, scores))
            if checkpoint is not None:
                run = with_checkpoint(run, checkpoint_folder(folder), checkpoint)
            files = {"run.json": encode_run(run), **(beside or {})}
            if checkpoint is not None:
                files["checkpoint.dvc"] = checkpoint.pointer
            changes = tuple(Write(f"{folder}/{name}", content) for name, content in files.items())
            message = run_message(run, prepared.version, folder, run.score)
            commit = Commit(message, changes, int(begun.started.timestamp()))
            commits = commit_changes(repository, lambda _: [commit], wait_seconds=_PATIENCE_S)
    return RunResult(run, prepared.version, commits[0])


@contextmanager
def _gone_unless_committed(
    repository: Repository, folder: str, checkpoint: "Checkpoint | None"
) -> Iterator[None]:
    """Take a checkpoint's folder away where its run did not get into history: git ignores it, so nobody would find it."""
    try:
        yield
    except BaseException:
        with interrupts_deferred(), suppress(TrainstoreError):  # what went wrong first is told
            head = read_head(repository).commit
            if checkpoint is not None and not (head and list_tree(repository.root, head, [folder])):
                take_away(repository, {checkpoint_folder(folder): checkpoint.md5})
        raise


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


def _keep(
    repository: Repository, folder: str, result: TrainingResult, announce: Announce
) -> "Checkpoint | None":
    from trainstore.store.checkpoints.tracked import add_checkpoint  # DVC; what is only looked up needs none

    if result.weights is None or result.structure is None:
        return None
    result.weights.seek(0)
    result.structure.seek(0)
    files = {"weights.safetensors": result.weights, "structure.pkl": result.structure}
    return add_checkpoint(repository.root, folder, files, announce)
