"""How a prune is told: its plan with a reason for each version, and what it did."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from trainstore.cli.output import paged, warn
from trainstore.cli.table import print_table
from trainstore.disk_format.layout import is_run_path
from trainstore.plain_text import plain
from trainstore.wording.values import byte_size, counted, iso_time

if TYPE_CHECKING:
    from trainstore.workflows.pruning.prune import PruneResult
    from trainstore.workflows.pruning.prune_plan import PruneItem, PrunePlan


_MOST_KEPT = 20  # versions that stay, each on a line; of more their reasons are counted


def warn_of_plan(plan: "PrunePlan") -> None:
    """Tell of names in trainstore.toml that may be misspelt."""
    for name in plan.unmatched:
        warn(f"The policy for {name!r} in trainstore.toml is for nothing: no such name is in the tree.")


def print_plan(plan: "PrunePlan") -> None:
    """Print the policies, what stays and what goes, with reasons."""
    with paged():
        for policy in plan.policies:
            click.echo(plain(f"Policy: {policy}."))
        if len(plan.kept) > _MOST_KEPT:
            _print_reasons("Keep", plan.kept)
        else:
            _print_items("Keep", plan.kept)
        _print_items("Remove", plan.removed)
        if not plan.removed:
            click.echo("\nThere is nothing to remove.")
            return
        click.echo(f"\n{_counted(plan)} would go, {len(plan.kept)} would stay{_freed(plan)}.")


def _freed(plan: "PrunePlan") -> str:
    if not plan.checkpoints or plan.reclaimable_bytes is None:
        return ""
    if not plan.reclaimable_bytes:
        return "; nothing of it can be freed while another branch, a remote's too, or another run needs it"
    return f"; trainstore reclaim can free {byte_size(plan.reclaimable_bytes)} of it later"


def _print_items(verb: str, items: "Sequence[PruneItem]") -> None:
    if items:
        click.secho(f"\n{verb}:", bold=True)
        print_table(("VERSION", "SAVED", "RUNS", "SIZE", "WHY"), [_row(item) for item in items])


def _print_reasons(verb: str, items: "Sequence[PruneItem]") -> None:
    click.secho(f"\n{verb} (--json lists each):", bold=True)
    counts = Counter(item.reason for item in items)
    print_table(("WHY", "VERSIONS"), counts.most_common())


def _row(item: "PruneItem") -> tuple[object, ...]:
    version = item.version
    if version is None or version.path != item.path:
        return (item.path, "", "", "", item.reason)
    saved = iso_time(version.timestamp)[:10]
    return (version, saved, len(item.runs), byte_size(item.bytes) if item.bytes else "", item.reason)


def report_prune(result: "PruneResult") -> None:
    """Print what was done; a plan that removes nothing has said so itself."""
    if result.commit:
        done = f"{_counted(result.plan)} left the tree (commit {result.commit[:10]})"
        click.echo(f"{done}. To have them back: trainstore undo")
    for path in result.folders.kept:
        warn(f"The folder {path} was left: it holds files that are nowhere else.")


def _counted(plan: "PrunePlan") -> str:
    """Return how many versions and runs go."""
    alone = sum(is_run_path(item.path) for item in plan.removed)
    runs = sum(len(item.runs) for item in plan.removed)
    counts = ((len(plan.removed) - alone, "version"), (runs, "run"))
    return " and ".join(counted(count, noun) for count, noun in counts if count)
