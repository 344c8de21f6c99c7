"""How a reclaim is told: its plan with a reason for each checkpoint that stays, and what it freed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from trainstore.cli.output import paged
from trainstore.cli.table import print_table
from trainstore.plain_text import plain
from trainstore.wording.values import byte_size, counted, iso_time

if TYPE_CHECKING:
    from trainstore.workflows.reclaiming.reclaim_plan import ReclaimItem, ReclaimPlan, ReclaimResult


def print_reclaim_plan(plan: "ReclaimPlan", where: str = "") -> None:
    """Print what stays and what goes; ``where`` follows the bytes, if it is not the disk at hand."""
    with paged():
        _print_items("Keep", plan.kept)
        _print_items("Free", plan.removed)
        if not plan.removed:
            above = "\n" if plan.kept else ""
            click.echo(f"{above}There is nothing to free{plain(where)}.")
            return
        goes = f"{counted(len(plan.removed), 'checkpoint')} would go for good"
        stay = f"; {len(plan.kept)} would stay" if plan.kept else ""
        click.echo(plain(f"\n{goes}, which frees {byte_size(plan.reclaimable_bytes)}{where}{stay}."))
        if any(item.checkpoint.was_committed for item in plan.removed):  # those have no run to pin
            click.echo("To keep one: trainstore pin VERSION")


def _print_items(verb: str, items: "Sequence[ReclaimItem]") -> None:
    if items:
        click.secho(f"\n{verb}:", bold=True)
        why = ("WHY",) if verb == "Keep" else ()
        headers = ("VERSION", "RUN", "LEFT", "BY", "SIZE", *why)
        print_table(headers, [_row(item) for item in items], spare=("BY", "LEFT"))


def _row(item: "ReclaimItem") -> tuple[object, ...]:
    checkpoint = item.checkpoint
    more = f" and {len(checkpoint.folders) - 1} more" if len(checkpoint.folders) > 1 else ""
    row = (
        checkpoint.version or checkpoint.function or "",
        f"{checkpoint.run_id}{more}",
        iso_time(checkpoint.left_at)[:10],
        checkpoint.left_by or "git",
        byte_size(item.bytes),
    )
    return (*row, item.reason) if item.reason else row


def report_reclaim(result: "ReclaimResult", where: str = "") -> None:
    """Print what was freed; a plan that frees nothing has said so itself."""
    if result.plan.removed:
        done = counted(len(result.plan.removed), "checkpoint")
        click.echo(plain(f"{done} went for good: {byte_size(result.reclaimed_bytes)} are free again{where}."))
