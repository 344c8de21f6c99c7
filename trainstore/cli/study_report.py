"""How a study is told to a person."""

from typing import TYPE_CHECKING

import click

from trainstore.cli.output import print_table, warn
from trainstore.execution.plain_text import plain
from trainstore.wording.studies import figure_told, outcomes_told, settings_told, shares_told, trial_told
from trainstore.wording.values import number

if TYPE_CHECKING:
    from trainstore.workflows.tuning.studies import StudyEntry

_COLOURS = {"finished": "green", "exhausted": "green", "at work": "cyan"}


def print_study(study: "StudyEntry", version: str) -> None:
    """Print what a study found."""
    header, best = study.header, study.best
    state = click.style(study.state, fg=_COLOURS.get(study.state, "yellow"), bold=True)
    click.echo(f"{plain(version)}  study {plain(header.study_id)}  {state}")
    tried = f"{len(study.trials)} of {header.trials}: {outcomes_told(study.trials)}"
    exhausted = "; the space has no other point" if study.state == "exhausted" else ""
    click.echo(plain(f"  trials      {tried}{exhausted}"))
    click.echo(plain(f"  searched    {', '.join(header.space) or 'nothing'} on {header.data['source']}"))
    click.echo(plain(f"  judged by   {figure_told(study.figure)}"))
    if study.figure and study.figure.why:
        click.echo(plain(f"              {study.figure.why}"))
    if best:
        click.echo(plain(f"  best        {trial_told(best)}, {best.duration_s:.1f} s"))
        click.echo(plain(f"              {settings_told(best.hyperparameters)}"))
    else:
        click.echo("  best        none yet" if study.can_go_on else "  best        none")
    if study.importances:
        click.echo(plain(f"  mattered    {shares_told(study.importances)}"))
    if study.ending:
        click.echo(plain(f"  run         {study.ending.run_id}"))


def print_trials(study: "StudyEntry") -> None:
    """Print a table of all trials, the best one marked."""
    best = study.best
    rows = [
        (
            f"{trial.number}{' *' if best and trial.number == best.number else ''}",
            number(trial.value),
            trial.outcome.replace("_", " "),
            f"{trial.duration_s:.1f}",
            settings_told(trial.hyperparameters),
            trial.reason or "",
        )
        for trial in study.trials
    ]
    print_table(("TRIAL", "VALUE", "OUTCOME", "SECONDS", "HYPERPARAMETERS", "REASON"), rows)


def warn_of_left_out(study: "StudyEntry") -> None:
    """Warn of what the space declares and the function does not take."""
    for name in study.header.left_out:
        warn(f"{name} is in the search space, but the function does not take it; it was left out.")
