"""Studies and their trials as a person reads them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from trainstore.records.study import Figure, StudyHeader, Trial
from trainstore.wording.values import number, short_json


def settings_told(hyperparameters: Mapping[str, Any]) -> str:
    """Return hyperparameters for one line, such as ``lr=0.01, act="relu"``."""
    return ", ".join(
        f"{name}={number(value) if type(value) is float else short_json(value)}"
        for name, value in hyperparameters.items()
    )


def point_told(header: StudyHeader, hyperparameters: Mapping[str, Any]) -> str:
    """Return the hyperparameters of a trial that are searched, for one line."""
    return settings_told({name: hyperparameters[name] for name in header.searched if name in hyperparameters})


def shares_told(shares: Mapping[str, float]) -> str:
    """Return what hyperparameters mattered, the most important first, such as ``lr 61 %, width 39 %``."""
    most_first = sorted(shares.items(), key=lambda share: -share[1])
    return ", ".join(f"{name} {share:.0%}".replace("%", " %") for name, share in most_first)


def figure_told(figure: Figure | None) -> str:
    """Return what trials are judged by."""
    if figure is None:
        return "nothing: no trial gave a value"
    better = "larger" if figure.direction == "maximize" else "smaller"
    who = "measured by trainstore" if figure.measured else "as the function claims it"
    return f"{figure.name}, {who}; {better} is better"


def outcome_told(trial: Trial) -> str:
    """Return how a trial ended, such as ``timed out``."""
    return "without a value" if trial.outcome == "no_value" else trial.outcome.replace("_", " ")


def outcomes_told(trials: Sequence[Trial]) -> str:
    """Return how trials ended, such as ``37 succeeded, 3 timed out``."""
    counts = Counter(outcome_told(trial) for trial in trials)
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()) or "none"


def trial_told(trial: Trial, total: int | None = None) -> str:
    """Return a trial's number, value and how it ended if it did not succeed."""
    of = "" if total is None else f" of {total}"
    value = "" if trial.value is None else f" {number(trial.value)}"
    outcome = "" if trial.outcome == "succeeded" else f" {outcome_told(trial)}"
    return f"trial {trial.number}{of}:{value}{outcome}"
