"""The options that say what to keep and what to remove; trainstore.toml has the same, without the hyphens in front."""

from typing import TYPE_CHECKING, Any

import click

from trainstore.cli.options import Function
from trainstore.disk_format.moments import parse_age, parse_moment

if TYPE_CHECKING:
    from trainstore.retention.policy import Policy

_OPTIONS = [
    click.option("--older-than", metavar="MOMENT", help="Choose what was saved before: 30d, 2w or 36h ago, or a date."),
    click.option("--unsuccessful", is_flag=True, help="Choose what ran and never succeeded."),
    click.option("--below", type=float, metavar="X", help="With --unsuccessful: or never scored X or better."),
    click.option("--never-ran", is_flag=True, help="Choose what has no run."),
    click.option("--min-confidence", type=float, metavar="X", help="Choose what has a confidence below X."),
    click.option("--keep-last", type=int, metavar="N", help="Keep the N newest of each function."),
    click.option("--keep-best", type=int, metavar="N", help="Keep the N best of each function on each data set."),
    click.option("--metric", metavar="NAME", help="The score that is meant [default: accuracy or r2]."),
    click.option("--keep-within", metavar="AGE", help="Keep what was saved since: 90d, 2w or 36h ago."),
    click.option("--include-current", is_flag=True, help="Let the current version of a function go, too."),
]  # fmt: skip


def policy_options(command: Function) -> Function:
    """Add the options of a policy, given to the command as keywords that `read_policy` takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_policy(given: dict[str, Any]) -> "Policy | None":
    """Return the policy of the options; None where none was given. Raises UsageError."""
    from trainstore.retention.policy import Policy

    readers = {"older_than": parse_moment, "keep_within": parse_age}
    rules: dict[str, Any] = {
        name: readers[name](value) if name in readers and value is not None else value
        for name, value in given.items()
    }
    policy = Policy(**rules)
    return None if policy == Policy() else policy
