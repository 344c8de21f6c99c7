"""How problems are told to a person and to a program."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from trainstore.plain_text import plain

if TYPE_CHECKING:
    from trainstore.workflows.problem import Problem

_COLOURS = {"error": "red", "warning": "yellow"}
_MOST_OF_A_KIND = 10


def print_problems(problems: "Sequence[Problem]") -> None:
    """Print each problem and what to do about it; of many of one kind, the first."""
    told: dict[tuple[str, str], int] = {}
    for problem in problems:
        told[problem.severity, problem.kind] = count = told.get((problem.severity, problem.kind), 0) + 1
        if count <= _MOST_OF_A_KIND:
            label = click.style(
                f"{problem.severity} [{problem.kind}]", fg=_COLOURS[problem.severity], bold=True
            )
            click.echo(f"{label} {plain(problem.what)}")
            click.echo(f"  {plain(problem.hint)}")
    for (severity, kind), count in told.items():
        if count > _MOST_OF_A_KIND:
            click.echo(f"{severity} [{kind}]: {count - _MOST_OF_A_KIND} more; --json has them all")


def count_errors(problems: "Sequence[Problem]") -> int:
    """Return how many of the problems are more than warnings."""
    return sum(problem.severity == "error" for problem in problems)
