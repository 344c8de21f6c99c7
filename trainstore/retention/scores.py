"""Scores as a policy compares them, whichever way is better."""

import math
from collections.abc import Mapping
from typing import NamedTuple

# What trainstore scores; True where more is better. Each also as `validation_…`.
_MORE_IS_BETTER = {
    "accuracy": True,
    "macro_f1": True,
    "r2": True,
    "log_loss": False,
    "mse": False,
    "mae": False,
}

METRICS = (*_MORE_IS_BETTER, *(f"validation_{name}" for name in _MORE_IS_BETTER))


class RunFacts(NamedTuple):
    """What a plan needs to know of a run.

    Attributes:
        version_path: of the version that ran.
        data: digest of its data; scores on different data are never compared.
        score: the headline, accuracy or r2; ``metrics`` are all that trainstore scored, by name.
        folder: where it stands; no rule looks at it.
    """

    version_path: str
    succeeded: bool
    data: str | None = None
    score: float | None = None
    metrics: Mapping[str, float | None] | None = None
    folder: str = ""


def more_is_better(metric: str | None) -> bool:
    """Tell which way a metric is better; the headline, None, is accuracy or r2."""
    return metric is None or _MORE_IS_BETTER[metric.removeprefix("validation_")]


def merit(run: RunFacts, metric: str | None) -> float | None:
    """Return a run's score turned so that more is better; None where it did not succeed or has no number."""
    value = run.score if metric is None else (run.metrics or {}).get(metric)
    if not run.succeeded or value is None or not math.isfinite(value):
        return None
    return value if more_is_better(metric) else -value
