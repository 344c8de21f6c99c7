"""Pushing: objects first, the branch last, so that no pointer is ever there without what it points to."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from trainstore.errors import CheckpointMissing, StoreConflict, UsageError
from trainstore.store.checkpoints.cache_lock import cache_in_use
from trainstore.store.git.merge import count_commits, is_ancestor
from trainstore.store.git.remotes import BranchThere, branch_there, fetch, push
from trainstore.store.git.repository import Repository, read_head
from trainstore.workflows.sharing.agreement import Agreement, leave_mark
from trainstore.workflows.sharing.needs import unpublished_needs, with_listed
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


def push_store(
    repository: Repository,
    options: PushOptions,
    transfer: Transfer | None = None,
    wait_seconds: float = 30.0,
) -> PushResult:
    """Share the branch at hand, and the checkpoints and data sets that it needs.

    What a kill leaves is found there by the next push, which goes on from it. A reclaim on the DVC remote that is about
    to free what this needs is waited for.

    Raises:
        UsageError: there is no such remote.
        StoreConflict: the remote has commits that are not here.
        CheckpointMissing: nobody has what a new pointer in the tree names, or it is damaged here.
        RemoteFailed: a remote cannot be reached, or refuses.
        StoreLocked: a reclaim did not end in time.
    """
    transfer = transfer or Transfer()
    head = read_head(repository)
    there = branch_there(repository, head, options.remote)
    if head.commit is None:
        raise UsageError("There is no commit to push.", "trainstore init makes the first one.")
    transfer.on_step(f"asking {there.remote} for {there}")
    published = fetch(repository, there)
    _require_ahead(repository, there, head.commit, published)
    named = _named(repository, head.commit, published, options.history)
    agreement = None if options.dry_run else _agree(repository, there, named, transfer, wait_seconds)
    remote_name, plan = _send_objects(repository, there, named, options, agreement, transfer)
    commits = count_commits(repository, published, head.commit)
    if commits and not options.dry_run:
        transfer.on_step(f"pushing {commits} commit{'s' if commits > 1 else ''} to {there}")
        push(repository, there, head.commit, _needs_then(repository, there, head.commit, agreement))
    sizes, lacking = plan.sizes.values(), tuple(sorted(set(plan.lacking.values())))
    return PushResult(
        str(there), head.commit, commits, remote_name, len(sizes), sum(sizes), lacking, options.dry_run
    )


@dataclass(frozen=True)
class _Named:
    """What pointers name, each id with the path of one of them.

    Attributes:
        in_tree: those in the tree that is pushed.
        published: those in the tree of the branch on the remote.
        all: those in the tree, and those in the new commits or all of history.
    """

    in_tree: Mapping[str, str]
    published: Mapping[str, str]
    all: Mapping[str, str]


def _named(repository: Repository, commit: str, published: str | None, history: bool) -> _Named:
    in_tree = named_in_tree(repository, commit)
    ever = named_in_history(repository, commit, None if history else published)
    return _Named(in_tree, named_in_tree(repository, published) if published else {}, ever | in_tree)


def _agree(
    repository: Repository, there: BranchThere, named: _Named, transfer: Transfer, wait_seconds: float
) -> Agreement | None:
    """Say what this clone needs, before the DVC remote is asked for it; None where nothing is to be sent.

    What the remote's branch names already is safe without a word: where that changes, so that a reclaim could free it,
    the push of the branch is refused.
    """
    if not named.all:
        return None
    agreement = Agreement(repository, there.remote)
    new = with_listed(repository, named.in_tree.keys() - named.published.keys())
    agreement.tell(_needs(repository, there, agreement.there) | new if new else None, may_be_refused=True)
    if new:
        agreement.wait_for_reclaims(new, transfer, wait_seconds)
    return agreement


def _needs_then(
    repository: Repository, there: BranchThere, commit: str, agreement: Agreement | None
) -> list[str]:
    """Return what the push changes of what this clone says it needs, once its branch is at a commit."""
    if agreement is None:
        return []
    return agreement.beside(_needs(repository, there, {**agreement.there, there.reference: commit}))


def _needs(repository: Repository, there: BranchThere, references: Mapping[str, str]) -> frozenset[str]:
    return unpublished_needs(repository, there.remote, references, int(time.time()))


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
    named: _Named,
    options: PushOptions,
    agreement: Agreement | None,
    transfer: Transfer,
) -> tuple[str | None, SendPlan]:
    """Send what pointers name and DVC's remote lacks; return its name, None where no pointer needs it, and what went."""
    if not named.all:
        return None, SendPlan()
    from trainstore.store.checkpoints.dvc_cache import DvcCache
    from trainstore.store.remotes.dvc_remote import DvcRemote

    cache, remote = DvcCache(repository.root), DvcRemote(repository.root, options.dvc_remote)
    with cache_in_use(repository):
        transfer.on_step(f"asking the DVC remote {remote.name!r} what it has")
        if agreement is not None:
            leave_mark(remote, agreement.stores)
        plan = plan_sending(cache, remote, named.all)
        _require_new(repository, there, plan, named)
        if plan.sizes and not options.dry_run:
            objects = f"{len(plan.sizes)} object{'s' if len(plan.sizes) > 1 else ''}"
            transfer.on_step(f"sending {objects} to the DVC remote {remote.name!r}")
            send(cache, remote, plan, transfer)
    return remote.name, plan


def _require_new(repository: Repository, there: BranchThere, plan: SendPlan, named: _Named) -> None:
    """Refuse to publish a pointer to what nobody has. What is published so already, or was reclaimed, is only told."""
    from trainstore.store.checkpoints.reclaimed import read_reclaimed

    paths = set(plan.lacking.values()) & set(named.in_tree.values())
    if not paths:
        return
    excused = named.published.keys() | read_reclaimed(repository).keys()
    pointers = named.in_tree.items()
    new = sorted({path for identity, path in pointers if path in paths and identity not in excused})
    if new:
        more = f" and {len(new) - 1} more" if len(new) > 1 else ""
        raise CheckpointMissing(
            f"Neither DVC's cache nor the DVC remote has all that {new[0]!r}{more} points to; nothing was pushed.",
            f"trainstore verify says what recovers it. To push the commits without it: git push {there.remote}",
        )
