"""Pulling: commits are fetched and merged; checkpoints and data sets come when they are needed, or asked for."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from trainstore.disk_format.dvc_files import pointed_folder
from trainstore.disk_format.layout import is_checkpoint_pointer, is_record_path, is_run_path
from trainstore.errors import StoreConflict
from trainstore.store.git.merge import MergedTree, count_commits, is_ancestor, merge_trees
from trainstore.store.git.read import read_blobs
from trainstore.store.git.remotes import BranchThere, branch_there, fetch
from trainstore.store.git.repository import Head, Repository, read_head
from trainstore.store.git.tree_diff import PathChange
from trainstore.store.git.write import commit_tree, read_identity
from trainstore.store.writing.adoption import adopt_commit
from trainstore.workflows.run_files import take_away
from trainstore.workflows.sharing.pointers import named_in_tree
from trainstore.workflows.sharing.tell_needs import tell_needs
from trainstore.workflows.transfers.progress import Transfer
from trainstore.workflows.transfers.receive import Received, missing_here, receive

_MOST_NAMED = 5


@dataclass(frozen=True)
class PullOptions:
    """What a pull is to do.

    Attributes:
        remote: git's remote; None for the one that the branch follows.
        dvc_remote: DVC's remote; None for its default one.
        checkpoints: get every checkpoint and data set of the tree, too.
        dry_run: say what would come, and change nothing but what is known of the remote.
    """

    remote: str | None = None
    dvc_remote: str | None = None
    checkpoints: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class PullResult:
    """What came, or would come.

    Attributes:
        branch: of the remote, such as ``origin/main``.
        commits: how many came.
        commit: what the branch at hand is at now; None where it was there already, and after a dry run.
        merged: whether that is a merge of both sides.
        came: paths of the versions and runs that came into the tree.
        went: of those that left it.
        dvc_remote: name of DVC's remote; None where it was not asked.
        objects: how many objects of DVC's came.
        bytes: of these.
        lacking: paths of pointers of which neither the cache nor the remote has all that they name.
        kept: checkpoints' folders that left the tree, but hold bytes that the cache does not have.
        untold: why the git remote could not be told what this clone needs; empty where it was, and where that was said before.
        dry_run: nothing was changed.
    """

    branch: str
    commits: int
    commit: str | None
    merged: bool
    came: tuple[str, ...]
    went: tuple[str, ...]
    dvc_remote: str | None
    objects: int
    bytes: int
    lacking: tuple[str, ...]
    kept: tuple[str, ...]
    untold: str
    dry_run: bool


def pull_store(repository: Repository, options: PullOptions, transfer: Transfer | None = None) -> PullResult:
    """Bring the branch at hand, the index and the work tree to what the remote has, merged with what is new here.

    What the user has staged or edited stays. A kill leaves the old state; the next writing command sees to that.

    Raises:
        UsageError: there is no such remote.
        StoreConflict: both sides changed a file in ways that cannot be merged, or the user is editing one that changes.
        RemoteFailed: a remote cannot be reached, or refuses.
        IntegrityProblem: DVC's remote gave other bytes than asked for; they were not kept.
    """
    transfer = transfer or Transfer()
    head = read_head(repository)
    there = branch_there(repository, head, options.remote)
    transfer.on_step(f"fetching {there}")
    theirs = fetch(repository, there)
    commits = count_commits(repository, head.commit, theirs) if theirs else 0
    commit, changes = _adopt(repository, there, head, theirs, options) if theirs and commits else (None, [])
    kept = _take_away(repository, changes)
    objects = _Objects()
    if options.checkpoints and not options.dry_run:
        objects = _receive(repository, options.dvc_remote, transfer)
    return PullResult(
        str(there),
        commits,
        commit,
        commit not in (None, theirs),
        tuple(change.path for change in changes if change.old is None and _is_told(change.path)),
        tuple(change.path for change in changes if change.new is None and _is_told(change.path)),
        objects.remote,
        objects.received.objects,
        objects.received.bytes,
        objects.lacking,
        tuple(kept),
        "" if options.dry_run else tell_needs(repository, there, theirs),
        options.dry_run,
    )


@dataclass(frozen=True)
class _Objects:
    remote: str | None = None
    received: Received = field(default_factory=Received)
    lacking: tuple[str, ...] = ()


def _adopt(
    repository: Repository, there: BranchThere, head: Head, theirs: str, options: PullOptions
) -> tuple[str | None, list[PathChange]]:
    if options.dry_run:
        _merged_tree(repository, there, head, theirs)  # says what cannot be merged
        return None, []
    by_hand = f"git merge {shlex.quote(str(there))}"
    return adopt_commit(
        repository, lambda now: _join(repository, there, now, theirs), f"pull {there}", by_hand
    )


def _is_told(path: str) -> bool:
    return is_record_path(path) or is_run_path(path)


def _join(repository: Repository, there: BranchThere, head: Head, theirs: str) -> str | None:
    """Return the commit that has both what HEAD has and what the remote has; None where HEAD has it all."""
    if (repository.git_dir / "MERGE_HEAD").exists():
        raise StoreConflict(
            "A merge is not finished.", "Finish it: git commit; or give it up: git merge --abort"
        )
    if head.commit is None or is_ancestor(repository, head.commit, theirs):
        return theirs
    if is_ancestor(repository, theirs, head.commit):
        return None
    tree = _merged_tree(repository, there, head, theirs).tree
    signs = read_identity(repository).signs
    return commit_tree(repository, str(tree), [head.commit, theirs], f"merge {there}\n", signs=signs)


def _merged_tree(repository: Repository, there: BranchThere, head: Head, theirs: str) -> MergedTree:
    merged = merge_trees(repository, head.commit, theirs) if head.commit else MergedTree(theirs)
    if merged.conflicts:
        named = ", ".join(map(repr, merged.conflicts[:_MOST_NAMED]))
        more = len(merged.conflicts) - _MOST_NAMED
        raise StoreConflict(
            f"Here and in {there} the same files were changed: {named}{f' and {more} more' if more > 0 else ''}. "
            "Nothing was changed.",
            f"Choose yourself: git merge {shlex.quote(str(there))}; trainstore verify says how to go on.",
        )
    return merged


def _take_away(repository: Repository, changes: Sequence[PathChange]) -> list[str]:
    """Take checkpoints' folders, which git ignores, out of the work tree with their pointers."""
    gone = {
        change.path: change.old
        for change in changes
        if change.new is None and is_checkpoint_pointer(change.path)
    }
    contents = read_blobs(repository.root, [blob for blob in gone.values() if blob])
    ids = {path.removesuffix(".dvc"): pointed_folder(contents[str(blob)]) for path, blob in gone.items()}
    return take_away(repository, {folder: md5 for folder, md5 in ids.items() if md5})


def _receive(repository: Repository, name: str | None, transfer: Transfer) -> _Objects:
    """Get all that pointers in HEAD's tree name into DVC's cache."""
    from trainstore.store.checkpoints.dvc_cache import DvcCache

    named = named_in_tree(repository, str(read_head(repository).commit))
    cache = DvcCache(repository.root)
    missing = missing_here(cache, named)
    if not missing:
        return _Objects()
    from trainstore.store.remotes.dvc_remote import DvcRemote

    remote = DvcRemote(repository.root, name)
    transfer.on_step(f"fetching what is missing here from the DVC remote {remote.name!r}")
    received = receive(repository, cache, remote, missing, transfer)
    return _Objects(remote.name, received, tuple(sorted({named[one] for one in received.lacking})))
