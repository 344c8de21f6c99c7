"""Whether a function's own figure for the validation part is what trainstore measures there. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from trainstore.records.datasets import Task

TOLERANCE = 0.01  # accuracy and r2: absolute; errors: of the measured value

_WORDS = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+\d*(?![a-z])|\d+")
_VALIDATION = frozenset({"val", "valid", "validation", "dev", "eval"})
_ELSEWHERE = frozenset(
    {"train", "training", "test", "balanced", "macro", "weighted", "class", "top5", "top3", "top"}
)
_LARGEST = 1e300
_MEASURES: Mapping[Task, Mapping[str, str]] = {
    "classification": {"acc": "accuracy", "accuracy": "accuracy"},
    "regression": {"r2": "r2", "mse": "mse", "mae": "mae", "rmse": "mse"},
}


@dataclass(frozen=True)
class CheckedClaim:
    """A claimed figure beside the measured one.

    Attributes:
        name: as the function calls it.
        claimed: as a share of 1 where the function gives percent.
        measured: by trainstore, on the validation part.
        reproduced: whether the two agree within `TOLERANCE`.
    """

    name: str
    claimed: float
    measured: float
    reproduced: bool


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
    found = sorted(_comparable(claimed, measured, task), key=lambda claim: _rank(claim.name))
    return found[0] if found else None


def _comparable(
    claimed: Mapping[str, object], measured: Mapping[str, float | None], task: Task
) -> Iterator[CheckedClaim]:
    for name, value in claimed.items():
        words = _words(name)
        measure = next((_MEASURES[task][word] for word in words if word in _MEASURES[task]), None)
        truth = measured.get(f"validation_{measure}")
        if truth is None or not _is_number(value) or not _ELSEWHERE.isdisjoint(words):
            continue
        told = _as_measured(float(value), words, str(measure))
        scale = max(abs(truth), 1e-12) if measure in ("mse", "mae") else 1.0
        yield CheckedClaim(name, told, truth, abs(told - truth) <= TOLERANCE * scale)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _as_measured(value: float, words: list[str], measure: str) -> float:
    if measure == "accuracy" and 1 < value <= 100:
        return value / 100
    return value**2 if "rmse" in words else value


def _rank(name: str) -> tuple[bool, bool, int, str]:
    """What says validation goes first, then what is not the best of several epochs: the model may be the last one's."""
    words = _words(name)
    return _VALIDATION.isdisjoint(words), "best" in words or "max" in words, len(words), name


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]
