"""How a search is told while it goes on: a table that is drawn anew on a terminal, a line for each trial in a log."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from trainstore.plain_text import plain
from trainstore.wording.studies import point_told, trial_told

if TYPE_CHECKING:
    from trainstore.records.study import StudyHeader, Trial
    from trainstore.workflows.tuning.search import SearchListener
    from trainstore.workflows.tuning.study_file import StudyLines


@contextmanager
def told_search() -> "Iterator[SearchListener]":
    """Give a listener that tells a search's progress on stderr."""
    if sys.stderr.isatty():
        from trainstore.cli.tuning_table import live_search

        with live_search() as listener:
            yield listener
        return
    yield _in_lines()


def _in_lines() -> "SearchListener":
    from trainstore.workflows.tuning.search import SearchListener

    total = 0
    header: StudyHeader | None = None

    def on_study(study: "StudyLines", trials: int) -> None:
        nonlocal total, header
        total, header = trials, study.header
        done = f", {len(study.trials)} of them done" if study.trials else ""
        _tell(f"· study {study.header.study_id}: {trials} trials{done}")

    def on_trial(trial: "Trial", best: "Trial | None") -> None:
        why = f" ({trial.reason})" if trial.reason else ""
        so_far = f"; best so far: {trial_told(best)}" if best else "; no best yet"
        if best and best.number == trial.number:
            so_far = ", the best so far"
        settings = point_told(header, trial.hyperparameters) if header else ""
        _tell(f"{trial_told(trial, total)}{why}{so_far}; {trial.duration_s:.1f} s with {settings}")

    return SearchListener(on_step=lambda step: _tell(f"· {step}"), on_study=on_study, on_trial=on_trial)


def _tell(line: str) -> None:
    click.echo(" ".join(plain(line).split("\n")), err=True)
