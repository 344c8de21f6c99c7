"""How a run is told to a person."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from trainstore.cli.output import byte_size, number
from trainstore.execution.outcome import unsuccessful
from trainstore.execution.plain_text import plain
from trainstore.records.run_record import RunRecord

if TYPE_CHECKING:
    from trainstore.workflows.run import Listener, RunResult

_VERDICT_COLOURS = {
    "identical": "green",
    "equivalent": "green",
    "different": "red",
    "not comparable": "yellow",
}


def telling_listener() -> "Listener":
    """Return a listener that tells a run's progress on stderr."""
    from trainstore.workflows.run import Listener

    return Listener(
        on_step=lambda step: click.secho(plain(f"· {step}"), dim=True, err=True),
        on_output=lambda line: click.echo(f"  {line}", err=True),
    )


def print_run(result: "RunResult") -> None:
    """Print what a run reached and where it is kept."""
    run = result.record
    colour = "green" if run.outcome == "succeeded" else "red"
    click.echo(f"{plain(str(result.version))}  {click.style(run.outcome, fg=colour, bold=True)}")
    device = run.device["used"] or run.device["requested"]
    click.echo(f"  run         {run.run_id} (commit {result.commit[:10]})")
    click.echo(
        f"  on          {device}, {run.threads} thread{'s' if run.threads > 1 else ''}, {run.duration_s:.1f} s, sandbox {run.sandbox['level']}"
    )
    click.echo(plain(f"  claimed     {_metrics(run.claimed_metrics)}"))
    if run.scored_metrics is not None:
        click.echo(f"  scored      {_metrics(run.scored_metrics)}")
    elif run.scoring["reason"]:
        click.echo(plain(f"  scored      {run.scoring['reason']}"))
    if run.checkpoint:
        click.echo(f"  checkpoint  {run.checkpoint['path']} ({byte_size(run.checkpoint['bytes'])})")


def print_verdict(run: RunRecord) -> None:
    """Print how a rerun compares to its original."""
    verdict = click.style(run.verdict, fg=_VERDICT_COLOURS.get(run.verdict or ""), bold=True)
    click.echo(f"  verdict     {verdict} to run {run.rerun_of}")
    for cause in run.causes:
        click.echo(plain(f"    cause: {cause}"))
    for difference in run.differences:
        click.echo(plain(f"    {difference['what']}: {difference['original']} → {difference['rerun']}"))
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
