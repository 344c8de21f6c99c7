"""How a run is told to a person."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from trainstore.cli.model_report import warn_of_doubts
from trainstore.cli.output import warn
from trainstore.execution.outcome import unsuccessful
from trainstore.plain_text import plain
from trainstore.records.run_record import RunRecord
from trainstore.wording.models import model_told
from trainstore.wording.runs import causes_told, changes_told, claim_told, difference_told
from trainstore.wording.values import byte_size, number

if TYPE_CHECKING:
    from trainstore.workflows.run import Listener, RunResult

_VERDICT_COLOURS = {
    "identical": "green",
    "equivalent": "green",
    "different": "red",
    "not comparable": "yellow",
}
_PREPOSITIONS = {"different": "from", "not comparable": "with"}


def telling_listener() -> "Listener":
    """Return a listener that tells a run's progress on stderr."""
    from trainstore.workflows.run import Listener

    return Listener(
        on_step=lambda step: click.secho(plain(f"· {step}"), dim=True, err=True),
        on_output=lambda line: click.echo(f"  {line}", err=True),
    )


def print_run(result: "RunResult") -> None:
    """Print what a run that has just ended reached and where it is kept."""
    print_record(result.record, str(result.version), result.commit)


def print_record(run: RunRecord, version: str, commit: str) -> None:
    """Print what a run reached and where it is kept."""
    colour = "green" if run.outcome == "succeeded" else "red"
    click.echo(f"{plain(version)}  {click.style(run.outcome, fg=colour, bold=True)}")
    _print_reached(run, commit)
    if run.study_id:
        click.echo(plain(f"  study       {run.study_id}"))
    _print_checkpoint(run)


def print_kept(result: "RunResult") -> None:
    """Print the run that was kept of a study, behind what the study found; which study and version is told there."""
    _print_reached(result.record, result.commit)
    _print_checkpoint(result.record)


def _print_reached(run: RunRecord, commit: str) -> None:
    device = run.device["used"] or run.device["requested"]
    stands_in = " in place of CUDA" if run.device["mapped"] else ""
    click.echo(f"  run         {run.run_id} (commit {commit[:10]})")
    click.echo(
        f"  on          {device}{stands_in}, {run.threads} thread{'s' if run.threads > 1 else ''}, {run.duration_s:.1f} s, sandbox {run.sandbox['level']}"
    )
    if run.portable or run.environment_of:
        packages = f"the packages of run {run.environment_of}" if run.environment_of else ""
        click.echo(
            f"  with        {', '.join(filter(None, ('portable arithmetic' * run.portable, packages)))}"
        )
    click.echo(plain(f"  claimed     {_metrics(run.claimed_metrics)}"))
    if run.scored_metrics is not None:
        click.echo(f"  scored      {_metrics(run.scored_metrics)}")
    elif run.scoring["reason"]:
        click.echo(plain(f"  scored      {run.scoring['reason']}"))
    if told := claim_told(run):
        click.echo(f"  {click.style('claim', fg='red', bold=True)}       {told}")
    if run.scoring["swapped_axes"]:
        click.echo("  axes        swapped: only so does the model answer as its function claims")
    if run.missing_imports:
        warn(f"The code uses {', '.join(run.missing_imports)} without importing them; they were given to it.")
    if run.model:
        click.echo(f"  model       {model_told(run.model)}")
        warn_of_doubts(run.model)


def _print_checkpoint(run: RunRecord) -> None:
    if run.checkpoint:
        click.echo(f"  checkpoint  {run.checkpoint['path']} ({byte_size(run.checkpoint['bytes'])})")


def print_verdict(run: RunRecord) -> None:
    """Print how a rerun compares to its original."""
    verdict = click.style(run.verdict, fg=_VERDICT_COLOURS.get(run.verdict or ""), bold=True)
    told = changes_told(run)
    preposition = _PREPOSITIONS.get(run.verdict or "", "to")
    click.echo(
        f"  verdict     {verdict} {preposition} run {run.rerun_of}{f', though {told}' if told else ''}"
    )
    for line in causes_told(run):
        click.echo(f"    {line}")
    for difference in run.differences:
        click.echo(f"    {difference_told(difference)}")
    if run.clocks:
        click.echo(plain(f"    not counted, as they measure time: {', '.join(run.clocks)}"))
    if run.verdict == "equivalent" and run.tolerance:
        click.echo("    within " + ", ".join(f"{kind} {value:g}" for kind, value in run.tolerance.items()))


def fail_unless_succeeded(run: RunRecord) -> None:
    """Turn an unsuccessful run into an exit code; the run itself is recorded and printed.

    Raises:
        RunTimedOut, RunUnsuccessful: with the reason in one sentence.
    """
    if run.outcome == "succeeded":
        return
    raise unsuccessful("The run", run.outcome, run.reason, f"What it printed: trainstore logs {run.run_id}")


def _metrics(metrics: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in metrics.items()) or "nothing"
