"""Bringing the index up to date with HEAD: what happened from commit messages, what is there from the tree."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import PurePosixPath

from trainstore.disk_format.layout import FUNCTIONS, RUNS, is_record_path, is_run_path
from trainstore.errors import GitFailed
from trainstore.store.git.read import list_tree
from trainstore.store.git.repository import Repository
from trainstore.store.git.tree_diff import changes_between
from trainstore.store.index.by_hand import (
    add_left_over,
    add_records,
    forget_left_over,
    records_of_commits,
    settle_merge,
)
from trainstore.store.index.functions import mark_all, sum_up
from trainstore.store.index.messages import LoggedCommit, add_events, each_commit
from trainstore.store.index.schema import (
    SCHEMA_VERSION,
    create_indexes,
    create_tables,
    drop_tables,
    known_head,
)

_COMMITS_A_STEP = 2000  # what is held in memory of a long history
_CACHE_KIBIBYTES = 64 * 1024


def catch_up(database: sqlite3.Connection, repository: Repository, head: str | None) -> None:
    """Bring the index to a commit: by what came since the last one, or anew where that one is not on its line.

    Raises:
        GitFailed: git cannot read the repository.
        sqlite3.DatabaseError: the file is no index, or cannot be written.
    """
    with _changing(database):
        last = known_head(database)
        if last is None or head is None or not _continue(database, repository, last, head):
            _make_anew(database, repository, head)
        sum_up(database)
        _set_head(database, head)


def add_known(
    database: sqlite3.Connection,
    repository: Repository,
    commits: Sequence[LoggedCommit],
    changes: Mapping[str, str | None],
) -> None:
    """Add commits of trainstore's that need not be asked of git.

    Does nothing where the index is not at the first one's parent: it will catch up.

    Args:
        database: the index.
        repository: where it is.
        commits: a chain, oldest first.
        changes: the blob that each path has after the last of them; None where it went.

    Raises:
        GitFailed, sqlite3.DatabaseError: as for `catch_up`.
    """
    with _changing(database):
        if known_head(database) == commits[0].parents:
            add_events(database, commits)
            _apply_tree(database, repository, changes, commits[-1].commit)
            sum_up(database)
            _set_head(database, commits[-1].commit)


@contextmanager
def _changing(database: sqlite3.Connection) -> Iterator[None]:
    database.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def _set_head(database: sqlite3.Connection, head: str | None) -> None:
    database.execute(
        "INSERT OR REPLACE INTO meta VALUES ('head', ?), ('schema', ?)", (head, str(SCHEMA_VERSION))
    )


def _make_anew(database: sqlite3.Connection, repository: Repository, head: str | None) -> None:
    drop_tables(database)
    create_tables(database)
    if head is not None:
        _add_commits(database, repository, None, head)
        _apply_tree(database, repository, _tree_against_index(database, repository, head), head)
    create_indexes(database)  # sorting all rows once costs less than finding the place of each
    mark_all(database)


def _tree_against_index(
    database: sqlite3.Connection, repository: Repository, head: str
) -> dict[str, str | None]:
    """Suppose that every version is in the tree, and return where the tree says otherwise."""
    database.execute("UPDATE versions SET present = 1")
    known = {row[0] for row in database.execute("SELECT path FROM versions")}
    tree = list_tree(repository.root, head, [FUNCTIONS, RUNS])
    gone: dict[str, str | None] = dict.fromkeys(known - tree.keys())
    return gone | {path: blob for path, blob in tree.items() if path not in known}


def _continue(database: sqlite3.Connection, repository: Repository, last: str, head: str) -> bool:
    """Add what came after the last known commit; False where HEAD's line of first parents does not lead back to it.

    An ancestor by another line will not do: its commits would stand in another order than in an index made anew.
    """
    if last == head:
        return True
    try:
        parents = _add_commits(database, repository, last, head)
    except GitFailed:  # the last known commit may be no more
        return False
    before = head
    while before in parents:
        before = parents[before]
    if before != last:
        return False
    changes = changes_between(repository, last, head, [FUNCTIONS, RUNS])
    _apply_tree(database, repository, {change.path: change.new for change in changes}, head)
    return True


def _add_commits(
    database: sqlite3.Connection, repository: Repository, last: str | None, head: str
) -> dict[str, str]:
    """Add what the messages of commits tell of, and return the first parent of each."""
    parents: dict[str, str] = {}
    commits = each_commit(repository, last, head)
    while step := list(islice(commits, _COMMITS_A_STEP)):
        _add_step(database, repository, step)
        parents.update((commit.commit, commit.parents.partition(" ")[0]) for commit in step)
    return parents


def _add_step(database: sqlite3.Connection, repository: Repository, commits: Sequence[LoggedCommit]) -> None:
    # The first commit of a shallow clone brings all that was before it.
    merges = [commit.commit for commit in commits if " " in commit.parents]
    plain = [
        commit.commit
        for commit in commits
        if not commit.parents or (commit.action is None and " " not in commit.parents)
    ]
    by_hand = records_of_commits(repository, plain)
    merged = records_of_commits(repository, merges)
    told: list[LoggedCommit] = []
    for commit in commits:
        if commit.action is not None:
            told.append(commit)
        if commit.commit in by_hand or commit.commit in merged:
            add_events(database, told)
            told = []
            add_records(database, repository, commit.commit, by_hand.get(commit.commit, {}))
            settle_merge(database, repository, commit.commit, merged.get(commit.commit, {}))
    add_events(database, told)


def _apply_tree(
    database: sqlite3.Connection, repository: Repository, changes: Mapping[str, str | None], head: str
) -> None:
    """Mark what came into the tree, by its blob id, and what went, where that is None."""
    records = {path: blob for path, blob in changes.items() if is_record_path(path)}
    known = "SELECT 1 FROM versions WHERE path = ? AND path NOT IN (SELECT path FROM left_over)"
    left_over = {
        path: blob
        for path, blob in records.items()
        if blob and not database.execute(known, (path,)).fetchone()
    }
    add_left_over(database, repository, head, left_over)
    database.executemany(
        "UPDATE versions SET present = ? WHERE path = ?",
        [(blob is not None, path) for path, blob in records.items()],
    )
    for path, blob in records.items():
        if blob is None:
            forget_left_over(database, path)
    for path, blob in changes.items():
        if is_run_path(path):
            folder = PurePosixPath(path).parent
            database.execute(
                "UPDATE runs SET present = ? WHERE run_id = ? AND folder = ?",
                (blob is not None, folder.name, str(folder)),
            )
