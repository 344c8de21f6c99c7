"""Whether a function's own figure for the validation part is what trainstore measures there. Pure.

A figure is compared where its name says which measure it is. A ``val_loss`` does not: it is what the function
minimises, which may be weighted, smoothed, a mean of batches, or of another epoch than the model that it returns.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from trainstore.records.datasets import Task
from trainstore.records.metric_names import VALIDATION, words_of
from trainstore.records.run_parts import CheckedClaim

TOLERANCE = 0.01  # accuracy and r2: absolute; errors and losses: of the measured value

_ELSEWHERE = frozenset(
    {"train", "training", "test", "balanced", "macro", "weighted", "class", "top5", "top3", "top"}
)
_LOG_LOSS = re.compile(r"(?:^|_)(?:log_?loss|cross_?entropy|ce|nll)(?:_|$)")
_LEAST_SCALE = {"mse": 1e-12, "mae": 1e-12, "log_loss": 0.01}  # float32 has no more digits of a tiny log loss
_LARGEST = 1e300
_MEASURES: Mapping[Task, Mapping[str, str]] = {
    "classification": {"acc": "accuracy", "accuracy": "accuracy"},
    "regression": {"r2": "r2", "mse": "mse", "mae": "mae", "rmse": "mse"},
}


def check_claim(
    claimed: Mapping[str, object], measured: Mapping[str, float | None], task: Task
) -> CheckedClaim | None:
    """Return the claim that speaks most plainly of the returned model on the validation part, checked.

    Args:
        claimed: metrics that the function returned.
        measured: ``validation_accuracy`` and so on.
        task: decides which measures there are.

    Returns:
        None where the function claims nothing that was measured.
    """
    found = sorted(_comparable(claimed, measured, task), key=lambda claim: _rank(claim["name"]))
    return found[0] if found else None


def _comparable(
    claimed: Mapping[str, object], measured: Mapping[str, float | None], task: Task
) -> Iterator[CheckedClaim]:
    for name, value in claimed.items():
        words = words_of(name)
        measure = _measure_of(words, task)
        truth = measured.get(f"validation_{measure}")
        if measure is None or truth is None or not _is_number(value) or not _ELSEWHERE.isdisjoint(words):
            continue
        told = _as_measured(float(value), words, measure)
        scale = max(abs(truth), _LEAST_SCALE[measure]) if measure in _LEAST_SCALE else 1.0
        reproduced = abs(told - truth) <= TOLERANCE * scale
        yield {"name": name, "claimed": told, "measured": truth, "reproduced": reproduced}


def _measure_of(words: list[str], task: Task) -> str | None:
    if task == "classification" and _LOG_LOSS.search("_".join(words)):
        return "log_loss"
    return next((_MEASURES[task][word] for word in words if word in _MEASURES[task]), None)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _as_measured(value: float, words: list[str], measure: str) -> float:
    if measure == "accuracy" and 1 < value <= 100:
        return value / 100
    return value**2 if "rmse" in words else value


def _rank(name: str) -> tuple[bool, bool, int, str]:
    """What says validation goes first, then what is not the best of several epochs: the model may be the last one's."""
    words = words_of(name)
    return VALIDATION.isdisjoint(words), "best" in words or "max" in words, len(words), name
