"""Pushing: objects first, the branch last, so that no pointer is ever there without what it points to."""

from collections.abc import Mapping
from dataclasses import dataclass

from trainstore.errors import CheckpointMissing, StoreConflict, UsageError
from trainstore.store.checkpoints.cache_lock import cache_in_use
from trainstore.store.git.merge import count_commits, is_ancestor
from trainstore.store.git.remotes import BranchThere, branch_there, fetch, push
from trainstore.store.git.repository import Repository, read_head
from trainstore.workflows.sharing.pointers import named_in_history, named_in_tree
from trainstore.workflows.transfers.progress import Transfer
from trainstore.workflows.transfers.send import SendPlan, plan_sending, send


@dataclass(frozen=True)
class PushOptions:
    """What a push is to do.

    Attributes:
        remote: git's remote; None for the one that the branch follows.
        dvc_remote: DVC's remote; None for its default one.
        history: look at every checkpoint and data set of all history, not of new commits and the tree alone.
        dry_run: say what would be sent, and send nothing.
    """

    remote: str | None = None
    dvc_remote: str | None = None
    history: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class PushResult:
    """What was pushed, or would be.

    Attributes:
        branch: of the remote, such as ``origin/main``.
        commit: what it is at now.
        commits: how many of them are new there.
        dvc_remote: name of DVC's remote; None where no pointer needs one.
        objects: how many were sent.
        bytes: of these.
        lacking: paths of pointers of which neither the cache nor the remote has all that they name.
        dry_run: nothing was sent.
    """

    branch: str
    commit: str
    commits: int
    dvc_remote: str | None
    objects: int
    bytes: int
    lacking: tuple[str, ...]
    dry_run: bool


def push_store(repository: Repository, options: PushOptions, transfer: Transfer | None = None) -> PushResult:
    """Share the branch at hand, and the checkpoints and data sets that it needs.

    What a kill leaves is found there by the next push, which goes on from it.

    Raises:
        UsageError: there is no such remote.
        StoreConflict: the remote has commits that are not here.
        CheckpointMissing: nobody has what a new pointer in the tree names, or it is damaged here.
        RemoteFailed: a remote cannot be reached, or refuses.
    """
    transfer = transfer or Transfer()
    head = read_head(repository)
    there = branch_there(repository, head, options.remote)
    if head.commit is None:
        raise UsageError("There is no commit to push.", "trainstore init makes the first one.")
    transfer.on_step(f"asking {there.remote} for {there}")
    published = fetch(repository, there)
    _require_ahead(repository, there, head.commit, published)
    remote_name, plan = _send_objects(repository, there, head.commit, published, options, transfer)
    commits = count_commits(repository, published, head.commit)
    if commits and not options.dry_run:
        transfer.on_step(f"pushing {commits} commit{'s' if commits > 1 else ''} to {there}")
        push(repository, there, head.commit)
    sizes, lacking = plan.sizes.values(), tuple(sorted(set(plan.lacking.values())))
    return PushResult(
        str(there), head.commit, commits, remote_name, len(sizes), sum(sizes), lacking, options.dry_run
    )


def _require_ahead(repository: Repository, there: BranchThere, commit: str, published: str | None) -> None:
    if published is not None and not is_ancestor(repository, published, commit):
        behind = count_commits(repository, commit, published)
        raise StoreConflict(
            f"{there} has {behind} commit{'s' if behind > 1 else ''} that you have not.",
            "trainstore pull, then push again.",
        )


def _send_objects(
    repository: Repository,
    there: BranchThere,
    commit: str,
    published: str | None,
    options: PushOptions,
    transfer: Transfer,
) -> tuple[str | None, SendPlan]:
    """Send what pointers name and DVC's remote lacks; return its name, None where no pointer needs it, and what went."""
    in_tree = named_in_tree(repository, commit)
    named = named_in_history(repository, commit, None if options.history else published) | in_tree
    if not named:
        return None, SendPlan()
    from trainstore.store.checkpoints.dvc_cache import DvcCache
    from trainstore.store.remotes.dvc_remote import DvcRemote

    cache, remote = DvcCache(repository.root), DvcRemote(repository.root, options.dvc_remote)
    with cache_in_use(repository):
        transfer.on_step(f"asking the DVC remote {remote.name!r} what it has")
        plan = plan_sending(cache, remote, named)
        _require_new(repository, there, plan, in_tree, published)
        if plan.sizes and not options.dry_run:
            objects = f"{len(plan.sizes)} object{'s' if len(plan.sizes) > 1 else ''}"
            transfer.on_step(f"sending {objects} to the DVC remote {remote.name!r}")
            send(cache, remote, plan, transfer)
    return remote.name, plan


def _require_new(
    repository: Repository,
    there: BranchThere,
    plan: SendPlan,
    in_tree: Mapping[str, str],
    published: str | None,
) -> None:
    """Refuse to publish a pointer to what nobody has. What is published so already, or was reclaimed, is only told."""
    from trainstore.store.checkpoints.reclaimed import read_reclaimed

    paths = set(plan.lacking.values()) & set(in_tree.values())
    if not paths:
        return
    known = set(named_in_tree(repository, published)) if published else set()
    excused = known | read_reclaimed(repository).keys()
    new = sorted({path for identity, path in in_tree.items() if path in paths and identity not in excused})
    if new:
        more = f" and {len(new) - 1} more" if len(new) > 1 else ""
        raise CheckpointMissing(
            f"Neither DVC's cache nor the DVC remote has all that {new[0]!r}{more} points to; nothing was pushed.",
            f"trainstore verify says what recovers it. To push the commits without it: git push {there.remote}",
        )
