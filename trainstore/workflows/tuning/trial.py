"""One trial: trained and scored on the validation part, and nothing committed.

It takes plain data and gives plain data, so that it can be done in another process or on another machine.
"""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO

from trainstore.execution.forks import Forks
from trainstore.execution.request import TrainingRequest, TrainingResult
from trainstore.execution.run_training import run_training
from trainstore.records.datasets import Part, PartName, Split, Task
from trainstore.store.writing.disk_errors import disk_errors_told
from trainstore.workflows.run_options import RunOptions
from trainstore.workflows.score import Scores, score_model

WEIGHTS = "weights.safetensors"
STRUCTURE = "structure.pkl"


@dataclass(frozen=True)
class TrialSetting:
    """What all trials of a study have in common.

    Attributes:
        code: of the version.
        parts: ``train`` and ``val``; no trial ever sees another.
        task: decides the scores.
        classes: how many there are; None for regression.
        options: seed, threads, limits and sandbox.
    """

    code: str
    parts: Mapping[PartName, Part]
    task: Task
    classes: int | None
    options: RunOptions


@dataclass(frozen=True)
class TrialTask:
    """One point to try.

    Attributes:
        number: of the trial.
        hyperparameters: what the function is called with.
        device: where.
        folder: where the checkpoint's files go; None to give them back in memory.
    """

    number: int
    hyperparameters: Mapping[str, Any]
    device: str
    folder: str | None = None


@dataclass(frozen=True)
class TrialResult:
    """What a trial gave.

    Attributes:
        number: of the trial.
        training: without the checkpoint's files.
        scores: of the validation part alone.
        files: the checkpoint's, where they were wanted in memory.
        node: the machine's name.
        started: when it began.
    """

    number: int
    training: TrainingResult
    scores: Scores
    files: Mapping[str, bytes] | None
    node: str
    started: datetime


def run_trial(setting: TrialSetting, task: TrialTask, forks: Forks | None = None) -> TrialResult:
    """Train with a point's hyperparameters, and score the model on the validation part.

    Args:
        setting: of all trials.
        task: the point, and where.
        forks: what forks the workers, on this machine; None to start them as programs.

    Writes: the checkpoint's files, where the task has a folder.

    Raises:
        DeviceUnavailable, SandboxTooWeak, TrainstoreError: nothing could be run here.
    """
    started = datetime.now(UTC)
    parts: dict[PartName, Part] = {"train": setting.parts["train"], "val": setting.parts["val"]}
    request = TrainingRequest(
        code=setting.code,
        parts=parts,
        hyperparameters=task.hyperparameters,
        device=task.device,
        seed=setting.options.seed,
        threads=setting.options.threads,
        limits=setting.options.worker_limits(),
        sandbox=setting.options.sandbox,
        forks=forks,
    )
    with run_training(request, lambda line: None) as result:
        # Copied before it is scored: scoring loads untrusted classes.
        with disk_errors_told(Path(task.folder or "."), "keep what a trial trained"):
            files = _copy(result, task.folder)
        scores = score_model(
            result,
            Split({"val": parts["val"]}),
            setting.task,
            setting.classes,
            request.sandbox,
            request.limits,
        )
        training = replace(result, weights=None, structure=None, forks=None)
    return TrialResult(task.number, training, scores, files, platform.node(), started)


def _copy(result: TrainingResult, folder: str | None) -> dict[str, bytes] | None:
    if result.weights is None or result.structure is None:
        return None
    opened: dict[str, BinaryIO] = {WEIGHTS: result.weights, STRUCTURE: result.structure}
    for file in opened.values():
        file.seek(0)
    if folder is None:
        return {name: file.read() for name, file in opened.items()}
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, file in opened.items():
        with open(Path(folder, name), "wb") as target:
            _copy_bytes(file, target)
    return None


def _copy_bytes(source: BinaryIO, target: IO[bytes]) -> None:
    while chunk := source.read(1 << 20):
        target.write(chunk)
    target.flush()
    os.fsync(target.fileno())
