"""Carrying out a plan: one commit takes its versions out of the tree, each with its runs; history keeps them."""

from dataclasses import dataclass, field, replace

from trainstore.store.git.changes import Commit, Remove
from trainstore.store.git.repository import Head, Repository
from trainstore.store.messages import prune_message
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.pruning.make_plan import plan_at, plan_now, tell_policies
from trainstore.workflows.pruning.prune_plan import PrunePlan
from trainstore.workflows.run_files import CheckpointFolders, take_away


@dataclass(frozen=True)
class PruneResult:
    """What a prune did.

    Attributes:
        commit: the new commit; None where nothing was taken out.
        plan: the one that was carried out; where ``changed``, another that is to be shown first.
        changed: whether the store had changed so that other things would go; then nothing was done.
        folders: checkpoints whose folder holds bytes that the cache does not have, and was left.
    """

    commit: str | None
    plan: PrunePlan
    changed: bool = False
    folders: CheckpointFolders = field(default_factory=CheckpointFolders)


def prune(repository: Repository, shown: PrunePlan) -> PruneResult:
    """Take out what a plan says, and nothing else.

    The plan is made again for the store as it is under the lock. Where other things would go than the plan shows,
    nothing is done, and the new plan is returned.

    Writes: one commit, and the folders of the checkpoints in the work tree; their data stays in DVC's cache.

    Raises:
        StoreConflict: a file that would go has changes that are not committed.
    """
    if not shown.removed:
        return PruneResult(None, shown)
    current = shown

    def plan(head: Head) -> list[Commit]:
        nonlocal current
        current = plan_at(repository, shown.request, head.commit)
        if not current.removes_the_same(shown):
            return []
        return [Commit(_message(current), tuple(Remove(path) for path in current.files))]

    commits = commit_changes(repository, plan)
    if not commits:
        return PruneResult(None, plan_now(repository, shown.request), changed=True)
    kept = take_away(repository, current.checkpoints)
    done = replace(current, reclaimable_bytes=shown.reclaimable_bytes)
    return PruneResult(commits[0], done, folders=CheckpointFolders(kept=tuple(kept)))


def _message(plan: PrunePlan) -> str:
    versions = [item.version for item in plan.removed if item.version]
    functions = {
        (item.version.data_type, item.version.model_name) if item.version else None for item in plan.removed
    }
    policies = plan.request.policies
    return prune_message(
        [(item.path, item.reason) for item in plan.removed],
        len(functions),
        versions[0] if versions and len(functions) == 1 else None,
        [*tell_policies(policies, plan.request.now, versions)] if policies else [],
    )
