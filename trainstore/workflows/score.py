"""Scoring a trained model: a second worker predicts from the checkpoint on X alone, and the parent scores."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from trainstore.errors import DeviceUnavailable, RunUnsuccessful
from trainstore.execution.claim_check import check_claim
from trainstore.execution.limits import Limits
from trainstore.execution.outcome import OutputsNotFinite
from trainstore.execution.request import TrainingResult
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.records.datasets import Features, PartName, Sequences, Split, Task
from trainstore.records.model_facts import ModelFacts
from trainstore.records.run_parts import CheckedClaim, RecordedScoring, ScoringOutcome

if TYPE_CHECKING:
    from trainstore.execution.model_session import ModelSession, SessionSettings

_ROWS = 2  # of the forward pass that gives the shapes; with one, some models drop that axis
_PREFIXES: Mapping[PartName, str] = {"val": "validation_", "test": ""}

Metrics = Mapping[str, float | None]


@dataclass(frozen=True)
class Scores:
    """What trainstore measured itself.

    Attributes:
        outcome: ``failed`` where the model could not be asked, ``skipped`` where there is none.
        reason: why it failed.
        metrics: of the test part, and of the validation part as ``validation_…``; None where not scored.
        probabilities: whether the outputs of a classifier are that, and not logits, by all rows that were asked
            about; None for regression.
        swapped_axes: whether the model was asked with the last two axes of each sample swapped (of an image, with the
            channels last), because only so does it answer as its function claims.
        claim: the function's figure for the validation part beside the measured one, where it gives one.
        model: what the model is made of; None where there is none, or it could not be described.
        undescribed: why it could not.
        diverged: the model was asked and answered with what is no number.
    """

    outcome: ScoringOutcome
    reason: str | None = None
    metrics: Metrics | None = None
    probabilities: bool | None = None
    swapped_axes: bool = False
    claim: CheckedClaim | None = None
    model: ModelFacts | None = None
    undescribed: str | None = None
    diverged: bool = False

    @property
    def recorded(self) -> RecordedScoring:
        """What run.json says of the scoring itself."""
        return {
            "outcome": self.outcome,
            "reason": self.reason,
            "probabilities": self.probabilities,
            "swapped_axes": self.swapped_axes,
            "claim": self.claim,
            "undescribed": self.undescribed,
        }


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
        result: of the training; asked on the device that it used, or on the processor where that is not here.
        split: whose ``test`` part the training never saw; not all have one.
        task: decides the scores.
        classes: how many there are; None for regression.
        sandbox: how well the model's code must be kept in bounds.
        limits: what ends its worker; those of this machine if not given. An answer has a time limit of its own.

    A model that cannot be asked is an answer, not an error: the function's claim is then not reproduced.
    """
    if result.weights is None or result.structure is None:
        return Scores("skipped")
    from trainstore.execution.model_session import ModelSession

    result.weights.seek(0)
    result.structure.seek(0)
    settings = _settings(result, sandbox, limits or Limits())
    try:
        with ModelSession(result.weights, result.structure, settings) as session:
            scores = _Examiner(session, split, task, classes, result.metrics).examine()
            return _with_model(scores, session, split.parts["val"].X, result.weights, result.structure)
    except RunUnsuccessful as error:
        return _failed(error)
    except DeviceUnavailable:  # it was trained on another machine, of a cluster
        if settings.device == "cpu":
            raise
        on_cpu = replace(result, device={**result.device, "used": "cpu"})
        return score_model(on_cpu, split, task, classes, sandbox, limits)


def _settings(result: TrainingResult, sandbox: SandboxDemand, limits: Limits) -> "SessionSettings":
    from trainstore.execution.model_session import SessionSettings

    return SessionSettings(
        device=result.device["used"] or "cpu",
        threads=result.threads,
        runtime=result.runtime,
        limits=replace(limits, wall_seconds=None),
        sandbox=sandbox,
        forks=result.forks,
    )


def _failed(error: RunUnsuccessful) -> Scores:
    return Scores(
        "failed",
        f"claim not reproduced: {error.message}",
        undescribed=error.message,
        diverged=isinstance(error, OutputsNotFinite),
    )


def _with_model(
    scores: Scores, session: "ModelSession", features: Features, weights: BinaryIO, structure: BinaryIO
) -> Scores:
    """Add what the model is made of. It is asked last: what goes wrong here takes no score away."""
    from trainstore.execution.model_claim import InvalidModelClaim, read_model_claim

    try:
        described = session.describe(_first_rows(features), swapped_axes=scores.swapped_axes)
        model = read_model_claim(bytes(described), weights, structure)
    except (RunUnsuccessful, InvalidModelClaim) as error:
        return replace(scores, undescribed=str(error))
    return replace(scores, model=model, undescribed=None)


@dataclass(frozen=True)
class _Examiner:
    """Asks a model about the parts of a data set, in both orders of the axes where that is needed."""

    session: "ModelSession"
    split: Split
    task: Task
    classes: int | None
    claimed: Mapping[str, object]

    def examine(self) -> Scores:
        """Score the model, in the order of the axes in which it can be asked and keeps its function's claim."""
        try:
            scores = self._ask(swapped=False)
        except RunUnsuccessful as error:
            return self._asked_swapped() or _failed(error)
        if scores.claim is None or scores.claim["reproduced"]:
            return scores
        swapped = self._asked_swapped()
        return swapped if swapped and swapped.claim and swapped.claim["reproduced"] else scores

    def _asked_swapped(self) -> Scores | None:
        """Score the model with swapped axes; None where that cannot be."""
        if not all(_can_swap(part.X) for part in self.split.parts.values()):
            return None
        try:
            return self._ask(swapped=True)
        except RunUnsuccessful:
            return None

    def _ask(self, *, swapped: bool) -> Scores:
        """The validation part first: if that fails, nothing was asked about the test part."""
        from trainstore.execution.scoring import are_probabilities, score

        outputs = {
            name: self.session.predict(self.split.parts[name].X, swapped_axes=swapped)
            for name in _PREFIXES
            if name in self.split.parts
        }
        metrics: dict[str, float | None] = {}
        given = None
        if self.task == "classification":
            given = all(are_probabilities(of_part) for of_part in outputs.values())
        for name, of_part in outputs.items():
            y = self.split.parts[name].y
            metrics |= score(self.task, of_part, y, _PREFIXES[name], self.classes, given)
        claim = check_claim(self.claimed, metrics, self.task)
        return Scores(
            "succeeded", None, dict(sorted(metrics.items(), key=_test_first)), given, swapped, claim
        )


def _test_first(metric: tuple[str, float | None]) -> bool:
    return metric[0].startswith("validation_")


def _can_swap(features: Features) -> bool:
    return isinstance(features, Sequences) or features.ndim in (3, 4)


def _first_rows(features: Features) -> Features:
    if isinstance(features, Sequences):
        offsets = features.offsets[: _ROWS + 1]
        return Sequences(features.values[: offsets[-1]], offsets)
    return features[:_ROWS]
