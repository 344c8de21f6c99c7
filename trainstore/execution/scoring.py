"""Scores a model's outputs against targets that its worker never saw."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from trainstore.errors import RunUnsuccessful
from trainstore.execution.outcome import OutputsNotFinite
from trainstore.records.datasets import Task

_SUM_TOLERANCE = 1e-3


def score(
    task: Task,
    outputs: NDArray[Any],
    y: NDArray[Any],
    prefix: str = "",
    classes: int | None = None,
    probabilities: bool | None = None,
) -> dict[str, float | None]:
    """Measure outputs; never a number for outputs whose meaning is not clear.

    Args:
        task: decides what the outputs mean and which scores there are.
        outputs: classification: (N, k) logits, log-probabilities or probabilities; for two classes also
            (N,) or (N, 1), where values all within [0, 1] are probabilities of class 1, and others its
            logits. Regression: the shape of ``y``, or (N, 1) for (N,).
        y: (N,) class indices; regression: values.
        prefix: put before each name.
        classes: how many there are; None to take any number of columns that has room for ``y``.
        probabilities: whether the outputs are that; None to tell by them alone, see `are_probabilities`.

    Returns:
        ``accuracy``, ``macro_f1``, ``log_loss``; or ``mse``, ``mae``, ``r2``, which is None for one row.

    Raises:
        RunUnsuccessful: the outputs' shape, type or values cannot be scored.
    """
    _check_numbers(outputs, y)
    if task == "classification":
        scores = _classification(outputs, y, classes, probabilities)
    else:
        scores = _regression(outputs, y)
    return {f"{prefix}{name}": value for name, value in scores.items()}


def _check_numbers(outputs: NDArray[Any], y: NDArray[Any]) -> None:
    if outputs.dtype.kind != "f":
        raise RunUnsuccessful(
            f"the model's outputs are of type {outputs.dtype}, and only real numbers can be scored"
        )
    if len(y) == 0 or outputs.ndim == 0 or len(outputs) != len(y):
        raise RunUnsuccessful(f"the model's outputs have the shape {outputs.shape} for {len(y)} rows")
    broken = int(np.size(outputs) - np.count_nonzero(np.isfinite(outputs)))
    if broken:
        raise OutputsNotFinite(f"{broken} of the model's {outputs.size} output values are not finite")


def are_probabilities(outputs: NDArray[Any]) -> bool:
    """Whether a classifier's outputs look like probabilities: rows that sum to 1, or one value a row within [0, 1].

    A few rows can look so by chance, so it is to be told by all rows there are.
    """
    if outputs.size == len(outputs):
        return bool(np.all((outputs >= 0) & (outputs <= 1)))
    sums = outputs.sum(axis=1, dtype=np.float64)
    return bool(np.all(outputs >= 0) and np.allclose(sums, 1.0, rtol=0, atol=_SUM_TOLERANCE))


def probabilities_of(outputs: NDArray[Any], classes: int, probabilities: bool | None = None) -> NDArray[Any]:
    """Return outputs of a classifier as probabilities, shape (N, classes); what outputs mean is told at `score`.

    Raises:
        RunUnsuccessful: they cannot be taken as such.
    """
    _check_numbers(outputs, outputs)
    _check_columns(outputs, classes, exactly=True)
    return _probabilities(outputs.astype(np.float64), probabilities)


def values_of(outputs: NDArray[Any]) -> NDArray[Any]:
    """Return outputs of a regression as values, shape (N,). Raises RunUnsuccessful: they cannot be taken as such."""
    _check_numbers(outputs, outputs)
    if outputs.size != len(outputs):
        raise RunUnsuccessful(
            f"the model's outputs have the shape {outputs.shape}, not one value for each row"
        )
    return outputs.reshape(-1)


def _classification(
    outputs: NDArray[Any], y: NDArray[Any], classes: int | None, are_given: bool | None
) -> dict[str, float | None]:
    at_least = max(int(y.max()) + 1, classes or 0)
    _check_columns(outputs, at_least, exactly=classes is not None)
    probabilities = _probabilities(outputs.astype(np.float64), are_given)
    predicted = probabilities.argmax(axis=1)
    smallest = np.finfo(np.float64).eps
    of_truth = np.clip(probabilities[np.arange(len(y)), y], smallest, 1.0)
    return {
        "accuracy": float(metrics.accuracy_score(y, predicted)),
        "macro_f1": float(metrics.f1_score(y, predicted, average="macro", zero_division=0)),
        "log_loss": float(-np.log(of_truth).mean()),
    }


def _check_columns(outputs: NDArray[Any], classes: int, exactly: bool) -> None:
    """Refuse what is not one score for each class, or one for two classes.

    Outputs with more columns than classes are no class scores: they may be a reconstruction of the input.
    """
    if outputs.ndim == 2 and outputs.shape[1] > 1:
        fits = outputs.shape[1] == classes if exactly else outputs.shape[1] >= classes
    else:
        fits = outputs.size == len(outputs) and outputs.ndim <= 2 and classes <= 2
    if not fits:
        raise RunUnsuccessful(
            f"the model's outputs have the shape {outputs.shape}, and there are {classes} classes"
        )


def _probabilities(outputs: NDArray[Any], are_given: bool | None) -> NDArray[Any]:
    """One row for each sample, one column for each class; of logits and log-probabilities by softmax."""
    if are_given is None:
        are_given = are_probabilities(outputs)
    if outputs.size == len(outputs):
        first = outputs.reshape(-1)
        outputs = np.stack([1 - first if are_given else np.zeros_like(first), first], axis=1)
    if are_given:
        return outputs
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _regression(outputs: NDArray[Any], y: NDArray[Any]) -> dict[str, float | None]:
    if y.shape not in (outputs.shape, outputs.shape[:-1], (*outputs.shape, 1)) or outputs.size != y.size:
        raise RunUnsuccessful(f"the model's outputs have the shape {outputs.shape}, the targets {y.shape}")
    predicted, truth = (
        outputs.reshape(len(y), -1).astype(np.float64),
        y.reshape(len(y), -1).astype(np.float64),
    )
    return {
        "mse": float(metrics.mean_squared_error(truth, predicted)),
        "mae": float(metrics.mean_absolute_error(truth, predicted)),
        "r2": float(metrics.r2_score(truth, predicted)) if len(y) > 1 else None,
    }
