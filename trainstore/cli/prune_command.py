"""``trainstore prune``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.confirm import confirmed
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import note, print_json
from trainstore.cli.policy_options import policy_options, read_policy
from trainstore.cli.prune_report import print_plan, report_prune, warn_of_plan
from trainstore.documents.pruning import of_prune
from trainstore.errors import UsageError

if TYPE_CHECKING:
    from trainstore.workflows.pruning.prune import PruneResult
    from trainstore.workflows.pruning.prune_plan import PrunePlan


@click.command("prune")
@policy_options
@click.option(
    "--function", "name", metavar="NAME", shell_complete=complete_version, help="Only this function."
)
@click.option("--data-type", metavar="TYPE", help="Only functions of this data type.")
@click.option("--adopt", is_flag=True, help="Commit what was deleted by hand, instead of all this.")
@click.option("--dry-run", is_flag=True, help="Show the plan and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_option
@json_option
def prune_command(
    name: str | None,
    data_type: str | None,
    adopt: bool,
    dry_run: bool,
    yes: bool,
    folder: Path,
    as_json: bool,
    **rules: Any,
) -> None:
    """Take versions out of the tree by age, success, confidence or number.

    Rules that choose narrow together, rules that keep protect; with keeping rules alone all else goes. The current
    version of each function stays, and so does what is pinned. Without rules, trainstore.toml says. Each version goes
    with its runs, in one commit; history keeps them, and undo or restore brings them back.

    \b
    Examples:
      trainstore prune --older-than 30d --never-ran --dry-run
      trainstore prune --keep-last 3 --keep-best 1 --function BiLSTM
      trainstore prune --unsuccessful --below 0.6 --yes
    """
    policy = read_policy(rules)
    if dry_run and yes:
        raise UsageError("--dry-run does nothing, and --yes does it.", "Leave one of them out.")
    if as_json and not (dry_run or yes):
        raise UsageError("With --json the plan cannot be confirmed.", "Add --dry-run or --yes.")
    store = Store.open(folder)
    plan = store.prune_plan(policy, function=name, data_type=data_type, adopt=adopt)
    warn_of_plan(plan)
    show = _ignore if as_json else print_plan
    if dry_run:
        show(plan)
        result = None
    else:
        result = _carry_out(store, plan, show, yes)
    if as_json:
        print_json(of_prune(plan, result))
    elif result is not None:
        report_prune(result)


def _ignore(_: "PrunePlan") -> None:
    pass


def _carry_out(
    store: Store, plan: "PrunePlan", show: "Callable[[PrunePlan], None]", yes: bool
) -> "PruneResult | None":
    """Do what a plan says once it was shown and confirmed; begin again where the store changed meanwhile."""
    while True:
        show(plan)
        if plan.removed and not yes and not confirmed("Remove them?", "Nothing was removed"):
            return None
        result = store.prune(plan)
        if not result.changed:
            return result
        note("The store changed meanwhile, so this was planned again.")
        plan = result.plan
