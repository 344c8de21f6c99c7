"""How a study is told to a person."""

from typing import TYPE_CHECKING

import click

from trainstore.cli.table import print_table
from trainstore.plain_text import plain
from trainstore.wording.studies import (
    figure_told,
    outcome_told,
    outcomes_told,
    point_told,
    settings_told,
    shares_told,
    trial_told,
)
from trainstore.wording.values import number

if TYPE_CHECKING:
    from trainstore.workflows.tuning.studies import StudyEntry

_COLOURS = {"finished": "green", "exhausted": "green", "at work": "cyan"}


def print_study(study: "StudyEntry", version: str) -> None:
    """Print what a study found; the run that was kept of it is told behind."""
    header, best = study.header, study.best
    state = click.style(study.state, fg=_COLOURS.get(study.state, "yellow"), bold=True)
    click.echo(f"{plain(version)}  study {plain(header.study_id)}  {state}")
    tried = f"{len(study.trials)} of {header.trials}: {outcomes_told(study.trials)}"
    exhausted = "; the space has no other point" if study.state == "exhausted" else ""
    click.echo(plain(f"  trials      {tried}{exhausted}"))
    click.echo(plain(f"  searched    {', '.join(header.searched) or 'nothing'} on {header.data['source']}"))
    if header.chosen:
        click.echo(plain(f"  set         {settings_told(header.chosen)}"))
    click.echo(plain(f"  judged by   {figure_told(study.figure)}"))
    if study.figure and study.figure.why:
        click.echo(plain(f"              {study.figure.why}"))
    if best:
        click.echo(plain(f"  best        {trial_told(best)}"))
        click.echo(plain(f"              {point_told(header, best.hyperparameters)}"))
    else:
        click.echo("  best        none yet" if study.can_go_on else "  best        none")
    if study.importances:
        click.echo(plain(f"  mattered    {shares_told(study.importances)}"))


def print_trials(study: "StudyEntry") -> None:
    """Print a table of all trials, the best one marked."""
    best = study.best
    rows = [
        (
            f"{trial.number}{' *' if best and trial.number == best.number else ''}",
            number(trial.value),
            outcome_told(trial),
            f"{trial.duration_s:.1f}",
            point_told(study.header, trial.hyperparameters),
            trial.reason or "",
        )
        for trial in study.trials
    ]
    print_table(("TRIAL", "VALUE", "OUTCOME", "SECONDS", "HYPERPARAMETERS", "REASON"), rows)
