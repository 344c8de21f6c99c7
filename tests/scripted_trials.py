"""Trials done by arithmetic instead of by workers, so that many fit into a second."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from trainstore.execution.request import TrainingResult
from trainstore.execution.runtime import Runtime
from trainstore.records.model_facts import ModelFacts
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_version
from trainstore.workflows.score import Scores
from trainstore.workflows.tuning.begin import header_for, inputs_for, inputs_of, run_options_of
from trainstore.workflows.tuning.options import TuneOptions
from trainstore.workflows.tuning.places import Places
from trainstore.workflows.tuning.search import SearchListener, search
from trainstore.workflows.tuning.study_file import StudyLines, create_study, open_study
from trainstore.workflows.tuning.trial import TrialResult, TrialSetting, TrialTask

CODE = """\
def train_model(X_train, y_train, X_val, y_val, device, lr, width, act):
    raise NotImplementedError
"""
SPACE = {
    "lr": {"default": 0.01, "type": "Real", "low": 1e-4, "high": 0.1, "prior": "log-uniform"},
    "width": {"default": 4, "type": "Integer", "low": 1, "high": 64},
    "act": {"default": "relu", "type": "Categorical", "categories": ["relu", "gelu"]},
}

Values = Mapping[str, Any]


def ended(task: TrialTask, outcome: str = "failed", **fields: Any) -> TrialResult:
    """Return a trial's result; one that succeeded has a ``value``, a ``claimed`` one, and a model of some ``size``."""
    value, claimed = fields.get("value"), fields.get("claimed", {})
    succeeded = outcome == "succeeded"
    training = TrainingResult(
        outcome=outcome,  # type: ignore[arg-type]
        reason=None if succeeded else "ValueError: five",
        error=None
        if succeeded
        else {"type": "ValueError", "message": "five", "traceback": "Traceback: five"},
        metrics=claimed,
        curves={"loss": [1.0, float("nan")]},
        unrecorded=[],
        device={"requested": task.device, "used": "cpu", "mapped": False, "mapped_names": []},
        missing_imports=[],
        threads=1,
        runtime=Runtime(),
        forks=None,
        environment={"python": "3"},
        sandbox={"level": "strong", "layers": [], "missing": {}},
        weights=None,
        structure=None,
        weights_digest=None,
        output_tail="",
        duration_s=0.5,
    )
    scores = Scores("skipped")
    if succeeded:
        metrics = {"validation_accuracy": value}
        why = None if value is not None else fields.get("reason", "claim not reproduced: it cannot be asked")
        model = ModelFacts(**SIZED, inference_bytes=fields.get("size", 1000))
        scores = Scores(
            "succeeded" if why is None else "failed",
            why,
            None if why else metrics,
            model=model,
            diverged=fields.get("diverged", False),
        )
    return TrialResult(task.number, training, scores, None, "here", datetime(2024, 1, 1, tzinfo=UTC))


SIZED: dict[str, Any] = {
    "parameters": 1, "trainable": 1, "buffers": 0, "packed_bytes": 0, "modules": [], "modules_left_out": 0,
    "tensors_left_out": 0, "doubts": [],
}  # fmt: skip


@dataclass
class Scripted:
    """Does trials by a function of the task; keeps what it was asked."""

    script: Callable[[TrialTask], TrialResult]
    tasks: list[TrialTask] = field(default_factory=list)

    def submit(self, _: Callable[[TrialTask], TrialResult], task: TrialTask, /) -> "Future[TrialResult]":
        future: Future[TrialResult] = Future()
        self.tasks.append(task)
        future.set_result(self.script(task))
        return future


Script = Callable[[TrialTask], TrialResult]


def begun(store: Repository, options: TuneOptions, name: str = "Net") -> str:
    """Begin a study and return its id."""
    with open_index(store) as index:
        version = resolve_version(store, index, name)
    header = header_for(inputs_for(store, version, options), options)
    create_study(store, header)
    return header.study_id


def gone_on(store: Repository, study_id: str, script: Script) -> StudyLines:
    """Search as far as a study was to go, and return what its file holds then; no run is kept."""
    with open_study(store, study_id) as study:
        header = study.lines.header
        options = run_options_of(header)
        inputs = inputs_of(store, header, None, options)
        setting = TrialSetting(inputs.record.code, inputs.split.parts, inputs.dataset.task, 3, options)
        places = Places(Scripted(script), [header.device] * header.workers, here=False)
        search(study, setting, header.trials, places, SearchListener())
        return study.lines


def searched(store: Repository, options: TuneOptions, script: Script) -> StudyLines:
    """Search, and return what the study's file holds then; no run is kept."""
    return gone_on(store, begun(store, options), script)
