"""The result of a trial whose machine was lost, and whatever it had come to."""

from datetime import UTC, datetime

from trainstore.execution.request import TrainingResult
from trainstore.execution.runtime import Runtime
from trainstore.execution.sandbox.levels import report
from trainstore.workflows.score import Scores
from trainstore.workflows.tuning.trial import TrialResult, TrialTask


def lost_trial(task: TrialTask, why: str) -> TrialResult:
    """Return what is known of a trial that cannot be done; the search goes on with the others."""
    training = TrainingResult(
        outcome="killed",
        reason=why,
        error=None,
        metrics={},
        curves={},
        unrecorded=[],
        device={"requested": task.device, "used": None, "mapped": False, "mapped_names": []},
        missing_imports=[],
        threads=1,
        runtime=Runtime(),
        forks=None,
        environment={},
        sandbox=report([]),
        weights=None,
        structure=None,
        weights_digest=None,
        output_tail="",
        duration_s=0.0,
    )
    return TrialResult(task.number, training, Scores("skipped"), None, "", datetime.now(UTC))
