"""How a reclaim is told: its plan with a reason for each checkpoint that stays, and what it freed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from trainstore.cli.output import paged
from trainstore.cli.table import print_table
from trainstore.plain_text import plain
from trainstore.wording.values import byte_size, counted, iso_time

if TYPE_CHECKING:
    from trainstore.workflows.reclaiming.reclaim_plan import ReclaimItem, ReclaimPlan, ReclaimResult


def of_reclaim(
    plan: "ReclaimPlan", result: "ReclaimResult | None", dvc_remote: str | None = None
) -> dict[str, Any]:
    """What ``reclaim`` prints with ``--json``; without a result it was a dry run, without a remote it is of the cache."""
    done = result.plan if result else plan
    return {
        "dry_run": result is None,
        "dvc_remote": dvc_remote,
        "removed": [of_left(item) for item in done.removed],
        "kept": [of_left(item) for item in done.kept],
        "reclaimable_bytes": done.reclaimable_bytes,
        "reclaimed_bytes": result.reclaimed_bytes if result else 0,
    }


def of_left(item: "ReclaimItem") -> dict[str, Any]:
    """A checkpoint that left the tree."""
    checkpoint = item.checkpoint
    return {
        "md5": checkpoint.md5,
        "bytes": item.bytes,
        "function": checkpoint.function,
        "version": checkpoint.version.ordinal if checkpoint.version else None,
        "run_id": checkpoint.run_id,
        "runs": [folder.rpartition("/")[2] for folder in checkpoint.folders],
        "pruned_at": checkpoint.left_at,
        "pruned_by": checkpoint.left_by,
        "reason": item.reason or None,
        "may_go_at": item.may_go_at,
    }


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
        click.echo("To keep one: trainstore pin VERSION")


def _print_items(verb: str, items: "Sequence[ReclaimItem]") -> None:
    if items:
        click.secho(f"\n{verb}:", bold=True)
        why = ("WHY",) if verb == "Keep" else ()
        print_table(("VERSION", "RUN", "LEFT", "BY", "SIZE", *why), [_row(item) for item in items])


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
