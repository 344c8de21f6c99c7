"""Bringing the index up to date with HEAD: what happened from commit messages, what is there from the tree."""

import sqlite3
from collections.abc import Sequence
from itertools import islice
from pathlib import PurePosixPath

from trainstore.disk_format.layout import FUNCTIONS, RUNS, is_record_path, is_run_path
from trainstore.store.git_read import list_tree, try_git
from trainstore.store.index_by_hand import add_left_over, add_records, forget_left_over, records_of_commits
from trainstore.store.index_messages import LoggedCommit, add_events, each_commit
from trainstore.store.index_schema import (
    SCHEMA_VERSION,
    create_indexes,
    create_tables,
    drop_tables,
    known_head,
)
from trainstore.store.repository import Repository
from trainstore.store.tree_diff import changes_between

_COMMITS_A_STEP = 2000  # what is held in memory of a long history
_CACHE_KIBIBYTES = 64 * 1024


def catch_up(database: sqlite3.Connection, repository: Repository, head: str | None) -> None:
    """Bring the index to a commit: by what came since the last one, or anew where that one is not on its line.

    Raises:
        GitFailed: git cannot read the repository.
        sqlite3.DatabaseError: the file is no index, or cannot be written.
    """
    database.execute("PRAGMA synchronous = OFF")  # derived: a power loss costs a rebuild, not data
    database.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
    database.execute("BEGIN IMMEDIATE")
    try:
        last = known_head(database)
        if last is None or not _continues(repository, last, head):
            _make_anew(database, repository, head)
        elif head is not None and last != head:
            _add_commits(database, repository, last, head)
            changes = changes_between(repository, last, head, [FUNCTIONS, RUNS])
            _apply_tree(database, repository, {change.path: change.new for change in changes}, head)
        database.execute(
            "INSERT OR REPLACE INTO meta VALUES ('head', ?), ('schema', ?)", (head, str(SCHEMA_VERSION))
        )
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def _make_anew(database: sqlite3.Connection, repository: Repository, head: str | None) -> None:
    drop_tables(database)
    create_tables(database)
    if head is not None:
        _add_commits(database, repository, None, head)
        _apply_tree(database, repository, _tree_against_index(database, repository, head), head)
    create_indexes(database)  # sorting all rows once costs less than finding the place of each


def _tree_against_index(
    database: sqlite3.Connection, repository: Repository, head: str
) -> dict[str, str | None]:
    """Suppose that every version is in the tree, and return where the tree says otherwise."""
    database.execute("UPDATE versions SET present = 1")
    known = {row[0] for row in database.execute("SELECT path FROM versions")}
    tree = list_tree(repository.root, head, [FUNCTIONS, RUNS])
    gone: dict[str, str | None] = dict.fromkeys(known - tree.keys())
    return gone | {path: blob for path, blob in tree.items() if path not in known}


def _continues(repository: Repository, last: str, head: str | None) -> bool:
    """Tell whether HEAD's line of first parents leads back to the last known commit.

    An ancestor by another line will not do: its commits would stand in another order than in an index made anew.
    """
    if head is None or last == head:
        return last == head
    line = try_git(repository.root, ["rev-list", "--first-parent", "--boundary", f"{last}..{head}", "--"])
    return line is not None and f"-{last}" in line.decode().split()


def _add_commits(database: sqlite3.Connection, repository: Repository, last: str | None, head: str) -> None:
    commits = each_commit(repository, last, head)
    while step := list(islice(commits, _COMMITS_A_STEP)):
        _add_step(database, repository, step)


def _add_step(database: sqlite3.Connection, repository: Repository, commits: Sequence[LoggedCommit]) -> None:
    # A merge brings what its branches told of. The first commit of a shallow clone brings all that was before it.
    plain = [
        commit.commit
        for commit in commits
        if not commit.parents or (commit.action is None and " " not in commit.parents)
    ]
    by_hand = records_of_commits(repository, plain)
    told: list[LoggedCommit] = []
    for commit in commits:
        if commit.action is not None:
            told.append(commit)
        if commit.commit in by_hand:
            add_events(database, told)
            told = []
            add_records(database, repository, commit.commit, by_hand[commit.commit])
    add_events(database, told)


def _apply_tree(
    database: sqlite3.Connection, repository: Repository, changes: dict[str, str | None], head: str
) -> None:
    """Mark what came into the tree, by its blob id, and what went, where that is None."""
    records = {path: blob for path, blob in changes.items() if is_record_path(path)}
    known = "SELECT 1 FROM versions WHERE path = ?"
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
