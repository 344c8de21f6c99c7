"""What a trial is worth: its value by the study's figure, and whether its model is small enough."""

from trainstore.records.datasets import Task
from trainstore.records.study import Figure, StudyHeader, Trial
from trainstore.workflows.score import Scores
from trainstore.workflows.tuning.objective import check_claimed, choose_figure, value_of
from trainstore.workflows.tuning.trial import TrialResult, TrialTask


def judge_trial(
    header: StudyHeader, kind: Task, figure: Figure | None, task: TrialTask, result: TrialResult
) -> Trial:
    """Return the record of a trial.

    Args:
        header: of the study.
        kind: of the data, which decides what is measured.
        figure: that earlier trials were judged by; None where this one decides.
        task: what was tried.
        result: what it gave.

    Raises:
        UsageError: the study is to be judged by a number that the function does not report.
    """
    training, scores = result.training, result.scores
    outcome, reason, value = str(training.outcome), training.reason, None
    if training.outcome == "succeeded":
        figure = figure or _first_figure(header, kind, result)
        outcome, reason, value = _judge(figure, header.max_model_kb, result)
    return Trial(
        number=task.number,
        hyperparameters=dict(task.hyperparameters),
        value=value,
        outcome=outcome,
        reason=reason,
        duration_s=round(training.duration_s, 3),
        figure=figure if value is not None else None,
        claimed_metrics=dict(training.metrics),
        scored_metrics=dict(scores.metrics) if scores.metrics is not None else None,
        model_bytes=scores.model.inference_bytes if scores.model else None,
        device=training.device["used"],
        node=result.node,
        started_at=f"{result.started:%Y-%m-%dT%H:%M:%SZ}",
    )


def _first_figure(header: StudyHeader, kind: Task, result: TrialResult) -> Figure | None:
    claimed = result.training.metrics
    check_claimed(header.objective, claimed)
    return choose_figure(header.objective, header.direction, kind, claimed, result.scores)


def _judge(
    figure: Figure | None, most_kb: float | None, result: TrialResult
) -> tuple[str, str | None, float | None]:
    """Return how a training that succeeded counts, why, and its value."""
    if figure is None:
        return "no_value", result.scores.reason or "nothing was measured, and nothing is claimed", None
    value, why_none = value_of(figure, result.training.metrics, result.scores)
    if value is None:
        return "no_value", why_none, None
    too_large = _why_too_large(most_kb, result.scores)
    return ("infeasible", too_large, value) if too_large else ("succeeded", None, value)


def _why_too_large(most_kb: float | None, scores: Scores) -> str | None:
    if most_kb is None:
        return None
    if scores.model is None:
        return f"the size of its model cannot be told: {scores.undescribed}"
    size_kb = scores.model.inference_bytes / 1000
    return (
        f"its model takes {size_kb:.1f} kB, and at most {most_kb:g} kB are wanted"
        if size_kb > most_kb
        else None
    )
