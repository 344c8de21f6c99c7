"""Which figure the trials of a study are judged by: one for all of them, never of the test part."""

from collections.abc import Iterator, Mapping
from typing import Any

from trainstore.diff.metrics import direction_of
from trainstore.errors import UsageError
from trainstore.records.datasets import Task
from trainstore.records.metric_names import VALIDATION, words_of
from trainstore.records.study import Direction, Figure
from trainstore.workflows.score import Scores

CLAIMED = "claimed:"

_MEASURED: Mapping[Task, Mapping[str, Direction]] = {
    "classification": {
        "validation_accuracy": "maximize",
        "validation_macro_f1": "maximize",
        "validation_log_loss": "minimize",
    },
    "regression": {"validation_r2": "maximize", "validation_mse": "minimize", "validation_mae": "minimize"},
}
_FIRST: Mapping[Task, tuple[str, ...]] = {
    "classification": ("validation_accuracy",),
    "regression": ("validation_r2", "validation_mse"),  # there is no r2 of one row
}
_MEASURES = (  # that may stand for a trial whose model cannot be asked, the plainest first
    *("accuracy", "acc", "r2", "f1", "auc", "auroc", "precision", "recall", "score"),
    *("loss", "mse", "rmse", "mae", "error", "err", "nll", "perplexity"),
)
_OTHER_PARTS = frozenset({"train", "training", "test"})


def check_objective(objective: str | None, direction: Direction | None, task: Task) -> None:
    """Refuse an objective that no trial could have.

    Raises:
        UsageError: it is none of the figures, or its better direction has to be told.
    """
    if objective is None:
        return
    if objective.startswith(CLAIMED):
        name = objective.removeprefix(CLAIMED)
        if direction is None and _direction_of(name) is None:
            raise UsageError(
                f"It cannot be told from its name whether a larger {name!r} is better.",
                "Say so: --direction maximize, or minimize.",
            )
    elif objective not in _MEASURED[task]:
        raise UsageError(
            f"There is no objective {objective!r} for {task}.",
            f"Give {', '.join(_MEASURED[task])}, or {CLAIMED}NAME for a number that the function reports.",
        )


def check_claimed(objective: str | None, claimed: Mapping[str, Any]) -> None:
    """Refuse a claimed objective that the function turns out not to report.

    Args:
        objective: as the user named it.
        claimed: numbers that the function returned from the first trial that succeeded.

    Raises:
        UsageError: it is not among them; all further trials would be for nothing.
    """
    name = (objective or "").removeprefix(CLAIMED)
    if objective is None or not objective.startswith(CLAIMED) or name in claimed:
        return
    found = ", ".join(f"{CLAIMED}{one}" for one in claimed)
    raise UsageError(
        f"The function reports no number {name!r}.",
        f"It reports {found}." if found else "It reports none; leave --objective out.",
    )


def choose_figure(
    objective: str | None, direction: Direction | None, task: Task, claimed: Mapping[str, Any], scores: Scores
) -> Figure | None:
    """Return the figure that a study is judged by, from its first trial that succeeded.

    Args:
        objective: as the user named it; None for the measured one, or where the model cannot be asked the
            claimed one that speaks most plainly of the validation part.
        direction: as the user told it.
        task: decides what is measured.
        claimed: metrics that the function returned.
        scores: of the validation part.

    Returns:
        None where this trial has no figure by which others could be judged.
    """
    if objective is not None:
        if objective.startswith(CLAIMED):
            name = objective.removeprefix(CLAIMED)
            return Figure(name=name, measured=False, direction=direction or _direction_of(name) or "maximize")
        own = direction or _MEASURED[task][objective]
        return Figure(name=objective, measured=True, direction=own)
    for name in _FIRST[task]:
        if (scores.metrics or {}).get(name) is not None:
            return Figure(name=name, measured=True, direction=direction or _MEASURED[task][name])
    if scores.metrics is not None or scores.diverged:
        return None  # it can be asked; this one answered nonsense
    found = sorted(_plainly(claimed))
    if not found:
        return None
    name = found[0][-1]
    return Figure(
        name=name,
        measured=False,
        direction=direction or _direction_of(name) or "maximize",
        why=scores.reason,
    )


def value_of(figure: Figure, claimed: Mapping[str, Any], scores: Scores) -> tuple[float | None, str | None]:
    """Return a trial's value, or None and why it has none."""
    if figure.measured:
        value = (scores.metrics or {}).get(figure.name)
        return value, None if value is not None else scores.reason or f"there is no {figure.name}"
    value = claimed.get(figure.name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), None
    return None, f"the function reports no number {figure.name}"


def _plainly(claimed: Mapping[str, Any]) -> Iterator[tuple[bool, int, bool, str]]:
    """Yield what a function claims of the validation part, in the order in which it speaks of the returned model."""
    for name, value in claimed.items():
        words = words_of(name)
        places = [_MEASURES.index(word) for word in words if word in _MEASURES]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and places and _OTHER_PARTS.isdisjoint(words):
            yield VALIDATION.isdisjoint(words), min(places), "best" in words, name


def _direction_of(name: str) -> Direction | None:
    match direction_of(name):
        case "higher":
            return "maximize"
        case "lower":
            return "minimize"
    return (
        "maximize" if "score" in words_of(name) else None
    )  # scikit-learn's scores are better the larger they are
