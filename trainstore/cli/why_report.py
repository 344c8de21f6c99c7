"""Why one of two is better, on one screen."""

import shlex
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from trainstore.cli.diff_report import title
from trainstore.cli.output import columns
from trainstore.plain_text import one_line
from trainstore.wording.commands import run_command, seed_commands
from trainstore.wording.differences import metric_change
from trainstore.wording.reasons import factors_told, reason_told, verdict_told

if TYPE_CHECKING:
    from trainstore.workflows.compare import Comparison

_MOST_LINES = 3  # of one kind of difference
_INDENT = 19
_WIDE = 100  # columns, where there is no terminal


def print_why(diff: "Comparison") -> None:
    """Print which is better and how sure that is, what differs by weight, and what probably is why."""
    why, width = diff.why, columns() or _WIDE
    click.secho(one_line(title(diff)), bold=True)
    click.echo()
    _print_wrapped(verdict_told(why, *_names(diff), diff.metrics.not_comparable), width)
    if why.against:
        against = ", ".join(f"{metric.name} {metric_change(metric)}" for metric in why.against)
        _print_wrapped(f"Other metrics say the opposite: {against}.", width)
    if told := list(factors_told(why)):
        click.echo("\nWhat differs, the weightiest first:")
        for kind, what in told:
            _print_factor(kind, one_line(what), width)
    if reason := reason_told(why):
        click.echo()
        _print_wrapped(reason, width)
    for line in _next(diff):
        click.echo(one_line(line) if not line.startswith("  ") else f"  {one_line(line)}")


def _names(diff: "Comparison") -> tuple[str, str]:
    runs = diff.runs
    if diff.of_runs and runs.old and runs.new:
        return f"Run {runs.old.run_id}", f"Run {runs.new.run_id}"
    return str(diff.old), str(diff.new)


def _print_factor(kind: str, what: str, width: int) -> None:
    lines = textwrap.wrap(what, max(width - _INDENT, 20), max_lines=_MOST_LINES, placeholder=" …")
    for place, line in enumerate(lines):
        click.echo(f"  {kind if place == 0 else '':<{_INDENT - 2}}{line}")


def _print_wrapped(text: str, width: int) -> None:
    for line in textwrap.wrap(one_line(text), width):
        click.echo(line)


def _next(diff: "Comparison") -> Iterator[str]:
    """Yield what to do to learn more."""
    why, runs = diff.why, diff.runs
    sides = list(zip((str(diff.old), str(diff.new)), (runs.old, runs.new), runs.seeds, strict=True))
    if commands := seed_commands(sides) if why.certainty == "chance is unknown" else []:
        yield ""
        yield "More seeds would tell chance apart:"
        yield from (f"  {command}" for command in commands)
    kinds = [factor.kind for factor in why.factors]
    if why.better and why.probably is None and "hyperparameters" in kinds and runs.old and runs.new:
        values = runs.new.hyperparameters
        old_values = {name: value for name, value in runs.old.hyperparameters.items() if name in values}
        moved = {name: value for name, value in old_values.items() if values[name] != value}
        yield ""
        yield "The new one with the old hyperparameters would tell them from the rest:"
        yield f"  {run_command(str(diff.new), runs.new, runs.new.seed, {**runs.new.chosen, **moved})}"
    lacking = [
        (version, other)
        for (version, run, _), (_, other, _) in zip(sides, sides[::-1], strict=True)
        if not run
    ]
    for version, other in lacking:
        yield ""
        yield f"There is no successful run of {version}."
        yield (
            f"  {run_command(version, other, other.seed)}"
            if other
            else f"  trainstore run {shlex.quote(version)} --data DATA"
        )
