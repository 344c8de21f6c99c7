"""Asking a run's model about new data: from its checkpoint alone, in a worker."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainstore.disk_format.moments import utc_text
from trainstore.errors import CheckpointMissing, RunUnsuccessful
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.records.datasets import Features, Sequences
from trainstore.records.run_record import RunRecord
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_run
from trainstore.workflows.read_run import read_run
from trainstore.workflows.transfers.progress import Transfer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from trainstore.execution.model_session import ModelSession
    from trainstore.workflows.trained_model import TrainedModel


@dataclass(frozen=True)
class Prediction:
    """What a model answers, one row for each row it was asked about.

    Attributes:
        run: whose model it is.
        outputs: as the model gives them, shape (N, …).
        predicted: the class by its own label; for regression the value.
        probabilities: of each class in ``run.data["classes"]``, shape (N, k); None for regression.
    """

    run: RunRecord
    outputs: "NDArray[Any]"
    predicted: list[Any]
    probabilities: "NDArray[Any] | None"


def predict(
    repository: Repository,
    run_id: str,
    data: str | Path,
    *,
    device: str = "cpu",
    sandbox: SandboxDemand,
    transfer: Transfer | None = None,
) -> Prediction:
    """Predict from a run's checkpoint.

    Args:
        repository, run_id: the store, and the run or a unique beginning of its id.
        data: inputs like those of the run: a file, a folder of images, a pinned data set's name or ``sklearn:NAME``;
            a target there is left out, and a table's columns are taken by the names that they had in the run.
        device, sandbox: where the model answers, and how well its code must be kept in bounds.
        transfer: is told while checkpoint or data come from the DVC remote, where the cache lacks them.

    Raises:
        NotFound, CheckpointMissing: no such run or no checkpoint of it; or neither cache nor remote has it or the data.
        RemoteFailed, IntegrityProblem: the DVC remote did not give it, or gave something else.
        InvalidData, RunUnsuccessful: the data cannot be used, or the model cannot answer.
        DeviceUnavailable, SandboxTooWeak: it cannot be asked here.
    """
    from trainstore.execution.model_session import ModelSession, SessionSettings
    from trainstore.execution.scoring import probabilities_of, values_of
    from trainstore.workflows.load_data import load_inputs

    run = _find(repository, run_id)
    columns = run.data["features"] or ()
    features = load_inputs(repository, str(data), _target(run), columns, sandbox, transfer)
    files = _files(repository, run, transfer)
    settings = SessionSettings(device=device, threads=run.threads, sandbox=sandbox)
    with ModelSession(files["weights.safetensors"], files["structure.pkl"], settings) as session:
        outputs = _ask(session, run, features)
    classes = run.data["classes"]
    if classes is None:
        return Prediction(run, outputs, values_of(outputs).tolist(), None)
    probabilities = probabilities_of(outputs, len(classes), run.scoring["probabilities"])
    return Prediction(run, outputs, [classes[place] for place in probabilities.argmax(axis=1)], probabilities)


def _ask(session: "ModelSession", run: RunRecord, features: Features) -> "NDArray[Any]":
    try:
        return session.predict(features, swapped_axes=run.scoring["swapped_axes"])
    except RunUnsuccessful as error:
        raise RunUnsuccessful(error.message, error.hint or _shapes_told(run, features)) from error


def _shapes_told(run: RunRecord, features: Features) -> str:
    """Return how one input differs in shape from those that the model was asked about in its run; empty where it does not."""
    asked = run.model.modules[0].input_shape if run.model else None
    if asked is None or isinstance(features, Sequences):
        return ""
    trained, given = (" × ".join(map(str, shape[1:])) or "one value" for shape in (asked, features.shape))
    return f"It was trained on inputs of {trained}; these are of {given}." if trained != given else ""


def checkpoint_files(
    repository: Repository, run_id: str, transfer: Transfer | None = None
) -> "Mapping[str, Path]":
    """Return file name -> where its bytes stand in DVC's cache, each compared with its md5; for reading only.

    Raises:
        NotFound, CheckpointMissing, RemoteFailed, IntegrityProblem: as for `predict`.
    """
    return _files(repository, _find(repository, run_id), transfer)


def _target(run: RunRecord) -> str | None:
    pinned = run.data["pinned"]
    return run.data["target"] or (pinned["target"] if pinned else None)


def _find(repository: Repository, run_id: str) -> RunRecord:
    with open_index(repository) as index:
        return read_run(repository, resolve_run(index, run_id))


def _files(repository: Repository, run: RunRecord, transfer: Transfer | None) -> "Mapping[str, Path]":
    from trainstore.store.checkpoints.tracked import open_checkpoint
    from trainstore.workflows.transfers.receive import bring_here

    if run.checkpoint is None:
        raise CheckpointMissing(
            f"Run {run.run_id} {run.outcome} and has no checkpoint.", "See: trainstore runs"
        )
    md5 = run.checkpoint["md5"]
    try:
        bring_here(repository, md5, f"the checkpoint of run {run.run_id}", transfer)
        return open_checkpoint(repository.root, md5, size=run.checkpoint["bytes"], verify=True)
    except CheckpointMissing as error:
        raise _reclaimed(repository, run, md5) or error from error


def _reclaimed(repository: Repository, run: RunRecord, md5: str) -> CheckpointMissing | None:
    """Return the error for a checkpoint that was reclaimed here, and is not back; else None."""
    from trainstore.store.checkpoints.dvc_cache import DvcCache
    from trainstore.store.checkpoints.reclaimed import read_reclaimed

    when = read_reclaimed(repository).get(md5)
    if when is None or DvcCache(repository.root).path(md5).exists():
        return None
    return CheckpointMissing(
        f"The checkpoint of run {run.run_id} was reclaimed at {utc_text(when)}.",
        f"Where a DVC remote has it: dvc pull; else: trainstore rerun {run.run_id}",
    )


def load_model(
    repository: Repository, run_id: str, *, device: str, allow_weak_sandbox: bool
) -> "TrainedModel":
    """Return a run's model as a callable; its code runs in a worker.

    It is asked as it is: one with ``scoring["swapped_axes"]`` wants its inputs in the other order.

    Raises:
        NotFound, CheckpointMissing: as for `predict`.
    """
    from trainstore.workflows.trained_model import TrainedModel

    files = checkpoint_files(repository, run_id)
    weights, structure = files["weights.safetensors"], files["structure.pkl"]
    return TrainedModel(weights, structure, device, allow_weak_sandbox=allow_weak_sandbox)
