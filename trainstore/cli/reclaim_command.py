"""``trainstore reclaim``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import Store
from trainstore.cli.confirm import confirmed
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import note, print_json
from trainstore.cli.reclaim_report import of_reclaim, print_reclaim_plan, report_reclaim
from trainstore.disk_format.moments import parse_age
from trainstore.errors import UsageError

if TYPE_CHECKING:
    from trainstore.workflows.reclaiming.reclaim_plan import ReclaimPlan, ReclaimResult


@click.command("reclaim")
@click.option(
    "--grace", metavar="AGE", help="How long ago a checkpoint must have left the tree [default: 14d]."
)
@click.option("--now", "at_once", is_flag=True, help="However short ago it left.")
@click.option("--dry-run", is_flag=True, help="Show the plan and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_option
@json_option
def reclaim_command(
    grace: str | None, at_once: bool, dry_run: bool, yes: bool, folder: Path, as_json: bool
) -> None:
    """Free the disk of checkpoints that left the tree.

    A checkpoint goes for good when nothing needs it: no branch, tag, work tree, index or stash, no pin, and no period
    of grace. An old commit alone does not keep one; `trainstore pin VERSION` does, also where the version was pruned.
    Code and what was recorded of runs stay in history.

    \b
    Examples:
      trainstore reclaim --dry-run
      trainstore reclaim --grace 30d --yes
      trainstore reclaim --now
    """
    if at_once and grace is not None:
        raise UsageError("--now leaves no time, and --grace gives some.", "Leave one of them out.")
    if dry_run and yes:
        raise UsageError("--dry-run does nothing, and --yes does it.", "Leave one of them out.")
    if as_json and not (dry_run or yes):
        raise UsageError("With --json the plan cannot be confirmed.", "Add --dry-run or --yes.")
    store = Store.open(folder)
    plan = store.reclaim_plan(grace_s=0 if at_once else parse_age(grace).seconds if grace else None)
    result = None
    if not as_json:
        print_reclaim_plan(plan)
    if not dry_run:
        result = _carry_out(store, plan, yes, not as_json)
    if as_json:
        print_json(of_reclaim(plan, result))
    elif result is not None:
        report_reclaim(result)


def _carry_out(store: Store, plan: "ReclaimPlan", yes: bool, show: bool) -> "ReclaimResult | None":
    """Do what a shown plan says once it was confirmed; begin again where the store changed meanwhile."""
    while True:
        if plan.objects and not yes and not confirmed("Free them for good?", "Nothing was freed"):
            return None
        result = store.reclaim(plan)
        if not result.changed:
            return result
        note("The store changed meanwhile, so this was planned again.")
        plan = result.plan
        if show:
            print_reclaim_plan(plan)
