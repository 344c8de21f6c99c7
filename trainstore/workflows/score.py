"""Scoring a trained model: a second worker predicts from the checkpoint on X alone, and the parent scores."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trainstore.errors import RunUnsuccessful
from trainstore.execution.claim_check import CheckedClaim, check_claim
from trainstore.execution.limits import Limits
from trainstore.execution.request import TrainingResult
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.records.datasets import Features, Sequences, Split, Task

if TYPE_CHECKING:
    from trainstore.execution.model_session import ModelSession

_HEADLINES = ("accuracy", "r2", "validation_accuracy", "validation_r2")
_PREFIXES = {"val": "validation_", "test": ""}

Metrics = Mapping[str, float | None]


@dataclass(frozen=True)
class Scores:
    """What trainstore measured itself.

    Attributes:
        outcome: ``succeeded``, ``failed`` where the model could not be asked, ``skipped`` where there is none.
        reason: why it failed.
        metrics: of the test part, and of the validation part as ``validation_…``; None where not scored.
        swapped_axes: whether the model was asked with the last two axes of each sample swapped (of an image, with the
            channels last), because only so does it answer as its function claims.
        claim: the function's figure for the validation part beside the measured one, where it gives one.
    """

    outcome: str
    reason: str | None = None
    metrics: Metrics | None = None
    swapped_axes: bool = False
    claim: CheckedClaim | None = None

    @property
    def headline(self) -> float | None:
        """The one number that stands for the run: accuracy or r2, on the test part where there is one."""
        metrics = self.metrics or {}
        return next((metrics[name] for name in _HEADLINES if name in metrics), None)


def score_model(
    result: TrainingResult,
    split: Split,
    task: Task,
    classes: int | None,
    sandbox: SandboxDemand,
    limits: Limits | None = None,
) -> Scores:
    """Ask the checkpoint of a training for predictions, and score them.

    Args:
        result: of the training.
        split: whose ``test`` part the training never saw; not all have one.
        task: decides the scores.
        classes: how many there are; None for regression.
        sandbox: how well the model's code must be kept in bounds.
        limits: what ends its worker; those of this machine if not given. An answer has a time limit of its own.

    A model that cannot be asked is an answer, not an error: the function's claim is then not reproduced.
    """
    if result.weights is None or result.structure is None:
        return Scores("skipped")
    from trainstore.execution.model_session import ModelSession, SessionSettings

    settings = SessionSettings(
        device=result.device["used"],
        threads=result.threads,
        limits=replace(limits or Limits(), wall_seconds=None),
        sandbox=sandbox,
    )
    result.weights.seek(0)
    result.structure.seek(0)
    try:
        with ModelSession(result.weights, result.structure, settings) as session:
            examiner = _Examiner(session, split, task, classes, result.metrics)
            return examiner.examine()
    except RunUnsuccessful as error:
        return Scores("failed", f"claim not reproduced: {error.message}")


@dataclass(frozen=True)
class _Examiner:
    """Asks a model about the parts of a data set, in both orders of the axes where that is needed."""

    session: "ModelSession"
    split: Split
    task: Task
    classes: int | None
    claimed: Mapping[str, object]

    def examine(self) -> Scores:
        """Score the model. Raises RunUnsuccessful where it cannot be asked in either order."""
        try:
            scores = self._ask(swapped=False)
        except RunUnsuccessful as error:
            return self._ask_swapped(error)
        if scores.claim is None or scores.claim.reproduced:
            return scores
        try:
            swapped = self._ask_swapped(RunUnsuccessful(""))
        except RunUnsuccessful:
            return scores
        return swapped if swapped.claim and swapped.claim.reproduced else scores

    def _ask_swapped(self, otherwise: RunUnsuccessful) -> Scores:
        if not all(_can_swap(part.X) for part in self.split.parts.values()):
            raise otherwise
        try:
            return self._ask(swapped=True)
        except RunUnsuccessful:
            raise otherwise from None

    def _ask(self, *, swapped: bool) -> Scores:
        """The validation part first: if that fails, nothing was asked about the test part."""
        from trainstore.execution.scoring import score

        metrics: dict[str, float | None] = {}
        for name, prefix in _PREFIXES.items():
            part = self.split.parts.get(name)  # type: ignore[call-overload]
            if part is not None:
                outputs = self.session.predict(swap_axes(part.X) if swapped else part.X)
                metrics |= score(self.task, outputs, part.y, prefix, self.classes)
        claim = check_claim(self.claimed, metrics, self.task)
        return Scores("succeeded", None, dict(sorted(metrics.items(), key=_test_first)), swapped, claim)


def _test_first(metric: tuple[str, float | None]) -> bool:
    return metric[0].startswith("validation_")


def _can_swap(features: Features) -> bool:
    return not isinstance(features, Sequences) and features.ndim in (3, 4)


def swap_axes(features: Features) -> Features:
    """(N, T, C) as (N, C, T), and (N, C, H, W) as (N, H, W, C)."""
    import numpy as np

    assert not isinstance(features, Sequences)
    return np.ascontiguousarray(np.moveaxis(features, 1, -1))
