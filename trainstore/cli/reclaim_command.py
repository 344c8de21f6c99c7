"""``trainstore reclaim``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from trainstore.api import Store
from trainstore.cli.confirm import confirmed
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import note, print_json
from trainstore.cli.reclaim_report import print_reclaim_plan, report_reclaim
from trainstore.disk_format.moments import parse_age
from trainstore.documents.disk import of_reclaim
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
@click.option("--remote", is_flag=True, help="Free the DVC remote, not this machine's cache.")
@click.option("--git-remote", metavar="NAME", help="With --remote, git's [default: the one of the branch].")
@click.option("--dvc-remote", metavar="NAME", help="With --remote, DVC's [default: dvc remote default].")
@click.option(
    "--take-over", is_flag=True, help="With --remote, end a reclaim that was killed in another clone."
)
@store_option
@json_option
def reclaim_command(
    grace: str | None, at_once: bool, dry_run: bool, yes: bool, remote: bool, git_remote: str | None,
    dvc_remote: str | None, take_over: bool, folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """Free the disk of checkpoints that left the tree.

    A checkpoint goes for good when nothing needs it: no branch, tag, work tree, index or stash, no pin, and no period
    of grace. An old commit alone does not keep one; `trainstore pin VERSION` does, also where the version was pruned.
    Code and what was recorded of runs stay in history. With --remote it goes from the DVC remote, where the git remote's
    branches and what other clones have not published yet keep it, too.

    \b
    Examples:
      trainstore reclaim --dry-run
      trainstore reclaim --grace 30d --yes
      trainstore reclaim --now
      trainstore reclaim --remote --dry-run
    """
    _require_sense(grace, at_once, dry_run, yes, as_json)
    if (git_remote or dvc_remote or take_over) and not remote:
        raise UsageError(
            "--git-remote, --dvc-remote and --take-over are about the DVC remote.", "Add --remote."
        )
    store = Store.open(folder)
    grace_s = 0 if at_once else parse_age(grace).seconds if grace else None
    if remote:
        proposal = _on_remote(store, git_remote, dvc_remote, take_over, grace_s)
    else:
        proposal = _here(store, store.reclaim_plan(grace_s=grace_s))
    result = None
    if not as_json:
        print_reclaim_plan(proposal.plan, proposal.where)
    if not dry_run:
        proposal, result = _carry_out(proposal, yes, not as_json)
    if as_json:
        print_json(of_reclaim(proposal.plan, result, proposal.dvc_remote))
    elif result is not None:
        report_reclaim(result, proposal.where)


def _require_sense(grace: str | None, at_once: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    if at_once and grace is not None:
        raise UsageError("--now leaves no time, and --grace gives some.", "Leave one of them out.")
    if dry_run and yes:
        raise UsageError("--dry-run does nothing, and --yes does it.", "Leave one of them out.")
    if as_json and not (dry_run or yes):
        raise UsageError("With --json the plan cannot be confirmed.", "Add --dry-run or --yes.")


class _Proposal(NamedTuple):
    """A plan, and what does it: that gives the result and, where the store changed meanwhile, what to propose then."""

    plan: "ReclaimPlan"
    do: "Callable[[], tuple[ReclaimResult, _Proposal]]"
    dvc_remote: str | None = None

    @property
    def where(self) -> str:
        return "" if self.dvc_remote is None else f" on the DVC remote {self.dvc_remote!r}"


def _here(store: Store, plan: "ReclaimPlan") -> _Proposal:
    def do() -> "tuple[ReclaimResult, _Proposal]":
        result = store.reclaim(plan)
        return result, _here(store, result.plan)

    return _Proposal(plan, do)


def _on_remote(
    store: Store, git_remote: str | None, dvc_remote: str | None, take_over: bool, grace_s: int | None
) -> _Proposal:
    from trainstore.cli.transfer_progress import telling_transfer
    from trainstore.workflows.remote_reclaiming.make_plan import RemoteChoice, RemotePlan

    transfer = telling_transfer()

    def propose(there: RemotePlan) -> _Proposal:
        def do() -> "tuple[ReclaimResult, _Proposal]":
            done = store.remote_reclaim(there, transfer)
            return done.result, propose(done.there)

        return _Proposal(there.plan, do, there.dvc_remote)

    choice = RemoteChoice(git_remote, dvc_remote, take_over)
    return propose(store.remote_reclaim_plan(choice, transfer, grace_s=grace_s))


def _carry_out(proposal: _Proposal, yes: bool, show: bool) -> "tuple[_Proposal, ReclaimResult | None]":
    """Do what a shown plan says once it was confirmed; begin again where the store changed meanwhile."""
    while True:
        question = f"Free them for good{proposal.where}?"
        if proposal.plan.objects and not yes and not confirmed(question, "Nothing was freed"):
            return proposal, None
        result, then = proposal.do()
        if not result.changed:
            return proposal, result
        note("The store changed meanwhile, so this was planned again.")
        proposal = then
        if show:
            print_reclaim_plan(proposal.plan, proposal.where)
