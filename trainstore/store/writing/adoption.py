"""Moving the branch to a commit that is there already: somebody else's, or a merge with it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from trainstore.errors import GitFailed, StoreConflict
from trainstore.store.git.changes import Change, Remove, Write
from trainstore.store.git.fast_import import Written
from trainstore.store.git.read import ask_git, read_blobs
from trainstore.store.git.repository import Head, Repository, read_head
from trainstore.store.git.tree_diff import PathChange, changes_between
from trainstore.store.writing.disk_errors import disk_errors_told
from trainstore.store.writing.lock import writer_lock
from trainstore.store.writing.transaction import move_to, take_back_unfinished

_MOST_TRIES = 50


def adopt_commit(
    repository: Repository, choose: Callable[[Head], str | None], reason: str, by_hand: str
) -> tuple[str | None, list[PathChange]]:
    """Bring the branch, the index and the work tree to a commit; all of it or nothing.

    What the user has staged or edited elsewhere stays. A kill leaves the old state, which the next writer takes back to.

    Args:
        repository: where to.
        choose: called with HEAD as it is under the lock, and again where the branch moved meanwhile; returns the full
            id of the commit, or None to leave all as it is.
        reason: for the reflog.
        by_hand: the command that does it where this cannot.

    Returns:
        The commit, and what changed in the tree.

    Raises:
        StoreConflict: a file that differs is edited or staged, or is no plain file.
        StoreLocked, GitFailed, TrainstoreError: as for `commit_changes`.
    """
    with (
        disk_errors_told(repository.git_dir, "write to the store"),
        writer_lock(repository.state),
        ThreadPoolExecutor(max_workers=1) as beside,
    ):
        take_back_unfinished(repository)
        for _ in range(_MOST_TRIES):
            head = read_head(repository)
            commit = choose(head)
            if commit is None:
                return None, []
            changes = changes_between(repository, head.commit or _no_tree(repository), commit)
            _refuse_odd(changes, by_hand)
            final, written = _final(repository, commit, changes)
            if move_to(repository, head, final, partial(_given, written), reason, beside) is not None:
                return commit, changes
    raise GitFailed(f"The branch moved {_MOST_TRIES} times while this was written.", "Try again.")


def _given(written: Written) -> Written:
    return written


def _final(
    repository: Repository, commit: str, changes: list[PathChange]
) -> tuple[dict[str, Change], Written]:
    contents = read_blobs(repository.root, [change.new for change in changes if change.new])
    final: dict[str, Change] = {
        change.path: Write(change.path, contents[change.new]) if change.new else Remove(change.path)
        for change in changes
    }
    blobs = {change.path: change.new for change in changes}
    replaced = {change.path: change.old for change in changes if change.old}
    return final, Written([commit], blobs, replaced)


def _refuse_odd(changes: list[PathChange], by_hand: str) -> None:
    """Refuse what a plain file cannot stand for; git knows how to check that out."""
    odd = next((change.path for change in changes if change.odd), None)
    if odd is not None:
        raise StoreConflict(
            f"{odd!r} is no plain file there: a program, a link or a submodule. Nothing was changed.",
            f"Let git do it: {by_hand}",
        )


def _no_tree(repository: Repository) -> str:
    return ask_git(repository.root, ["hash-object", "-t", "tree", "--stdin"], b"").decode().strip()
