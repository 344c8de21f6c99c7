"""Bringing the index up to date with HEAD: what happened from commit messages, what is there from the tree."""

import sqlite3
from pathlib import PurePosixPath

from trainstore.disk_format.layout import FUNCTIONS, RUNS, is_record_path, is_run_path
from trainstore.store.git_read import list_tree, try_git
from trainstore.store.index import Index
from trainstore.store.index_by_hand import add_left_over, add_records, forget_left_over, records_of_commits
from trainstore.store.index_database import open_database, renew_database
from trainstore.store.index_messages import add_event, read_log
from trainstore.store.index_schema import SCHEMA_VERSION, create_tables
from trainstore.store.repository import Repository, read_head
from trainstore.store.tree_diff import changes_between


def open_index(repository: Repository) -> Index:
    """Return the index of HEAD's history, brought up to date; in memory where the store cannot be written.

    Raises:
        GitFailed: git cannot read the repository.
    """
    head = read_head(repository).commit
    database = open_database(repository.state)
    try:
        _update(database, repository, head)
    except sqlite3.DatabaseError:  # damaged, or from another release, or read-only: it is derived
        database.close()
        database = renew_database(repository.state)
        _update(database, repository, head)
    return Index(database)


def _update(database: sqlite3.Connection, repository: Repository, head: str | None) -> None:
    database.execute("PRAGMA synchronous = OFF")  # derived: a power loss costs a rebuild, not data
    if _last(database) == head and head is not None:
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        last = _last(database)
        if last is None or not _continues(repository, last, head):
            _drop_tables(database)
            create_tables(database)
            last = None
        if head is not None and last != head:
            _add_commits(database, repository, last, head)
            _apply_tree(database, repository, _tree_changes(repository, last, head), head)
        database.execute(
            "INSERT OR REPLACE INTO meta VALUES ('head', ?), ('schema', ?)", (head, str(SCHEMA_VERSION))
        )
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def _last(database: sqlite3.Connection) -> str | None:
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return None
    values = dict(database.execute("SELECT key, value FROM meta").fetchall())
    return values.get("head") if values.get("schema") == str(SCHEMA_VERSION) else None


def _drop_tables(database: sqlite3.Connection) -> None:
    for table in ("meta", "events", "versions", "left_over", "runs"):
        database.execute(f"DROP TABLE IF EXISTS {table}")


def _continues(repository: Repository, last: str, head: str | None) -> bool:
    """Tell whether HEAD's line of first parents leads back to the last known commit.

    An ancestor by another line will not do: its commits would stand in another order than in an index made anew.
    """
    if head is None or last == head:
        return last == head
    line = try_git(repository.root, ["rev-list", "--first-parent", "--boundary", f"{last}..{head}", "--"])
    return line is not None and f"-{last}" in line.decode().split()


def _add_commits(database: sqlite3.Connection, repository: Repository, last: str | None, head: str) -> None:
    commits = read_log(repository, last, head)
    # A merge brings what its branches told of. The first commit of a shallow clone brings all that was before it.
    plain = [
        commit.commit
        for commit in commits
        if not commit.parents or (commit.action is None and " " not in commit.parents)
    ]
    by_hand = records_of_commits(repository, plain)
    for commit in commits:
        if commit.action is not None:
            add_event(database, commit)
        if commit.commit in by_hand:
            add_records(database, repository, commit.commit, by_hand[commit.commit])


def _tree_changes(repository: Repository, last: str | None, head: str) -> dict[str, str | None]:
    """Return the blob id of each file that came or changed, and None for each that went."""
    if last is None:
        return dict(list_tree(repository.root, head, [FUNCTIONS, RUNS]))
    return {change.path: change.new for change in changes_between(repository, last, head, [FUNCTIONS, RUNS])}


def _apply_tree(
    database: sqlite3.Connection, repository: Repository, changes: dict[str, str | None], head: str
) -> None:
    """Mark what is in the tree and what is not."""
    records = {path: blob for path, blob in changes.items() if is_record_path(path)}
    known = "SELECT 1 FROM versions WHERE path = ?"
    left_over = {
        path: blob
        for path, blob in records.items()
        if blob and not database.execute(known, (path,)).fetchone()
    }
    add_left_over(database, repository, head, left_over)
    for path, blob in records.items():
        database.execute("UPDATE versions SET present = ? WHERE path = ?", (blob is not None, path))
        if blob is None:
            forget_left_over(database, path)
    for path, blob in changes.items():
        if is_run_path(path):
            folder = PurePosixPath(path).parent
            database.execute(
                "UPDATE runs SET present = ? WHERE run_id = ? AND folder = ?",
                (blob is not None, folder.name, str(folder)),
            )
