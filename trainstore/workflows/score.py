"""Scoring a trained model: a second worker predicts from the checkpoint on X alone, and the parent scores."""

from collections.abc import Mapping
from dataclasses import dataclass

from trainstore.errors import RunUnsuccessful
from trainstore.execution.request import TrainingResult
from trainstore.records.datasets import Split, Task

_HEADLINES = ("accuracy", "r2", "validation_accuracy", "validation_r2")


@dataclass(frozen=True)
class Scores:
    """What trainstore measured itself.

    Attributes:
        outcome: ``succeeded``, ``failed`` where the model could not be asked, ``skipped`` where there is none.
        reason: why it failed.
        metrics: of the test part, and of the validation part as ``validation_…``; None where not scored.
    """

    outcome: str
    reason: str | None = None
    metrics: Mapping[str, float | None] | None = None

    @property
    def headline(self) -> float | None:
        """The one number that stands for the run: accuracy or r2, on the test part where there is one."""
        metrics = self.metrics or {}
        return next((metrics[name] for name in _HEADLINES if name in metrics), None)


def score_model(result: TrainingResult, split: Split, task: Task, classes: int | None) -> Scores:
    """Ask the checkpoint of a training for predictions, and score them.

    Args:
        result: of the training.
        split: whose ``test`` part the training never saw; not all have one.
        task: decides the scores.
        classes: how many there are; None for regression.

    A model that cannot be asked is an answer, not an error: the function's claim is then not reproduced.
    """
    if result.weights is None or result.structure is None:
        return Scores("skipped")
    from trainstore.execution.model_session import ModelSession, SessionSettings
    from trainstore.execution.scoring import score

    settings = SessionSettings(device=result.device["used"], threads=result.threads)
    metrics: dict[str, float | None] = {}
    try:
        result.weights.seek(0)
        result.structure.seek(0)
        with ModelSession(result.weights, result.structure, settings) as session:
            for name, prefix in (("test", ""), ("val", "validation_")):
                part = split.parts.get(name)  # type: ignore[call-overload]
                if part is not None:
                    metrics |= score(task, session.predict(part.X), part.y, prefix, classes)
    except RunUnsuccessful as error:
        return Scores("failed", f"claim not reproduced: {error.message}")
    return Scores("succeeded", None, metrics)
