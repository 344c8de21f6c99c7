"""Bringing the index up to date with HEAD: what happened from commit messages, what is there from the tree."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from trainstore.disk_format.layout import FUNCTIONS, RUNS, is_record_path, is_run_path
from trainstore.disk_format.trailers import from_message, join_names
from trainstore.errors import InvalidRecord
from trainstore.records.training_record import decode_record
from trainstore.store.git_read import ask_git, list_tree, read_blobs, try_git
from trainstore.store.index import SCHEMA_VERSION, Index, create_tables
from trainstore.store.repository import Repository, read_head
from trainstore.store.tree_diff import changes_between

SAVING_ACTIONS = frozenset({"save", "import", "generate"})
RUNNING_ACTIONS = frozenset({"run", "rerun", "tune"})

_BUSY_SECONDS = 60.0


class _LoggedCommit(NamedTuple):
    commit: str
    committed: int
    author: str
    message: str


def open_index(repository: Repository) -> Index:
    """Return the index of HEAD's history, brought up to date; in memory where the store cannot be written.

    Raises:
        GitFailed: git cannot read the repository.
    """
    head = read_head(repository).commit
    database = _connect(repository)
    try:
        _update(database, repository, head)
    except (
        sqlite3.DatabaseError
    ):  # damaged, or from another release, or read-only: it is derived, so begin anew
        database.close()
        database = _fresh(repository)
        _update(database, repository, head)
    return Index(database)


def _connect(repository: Repository) -> sqlite3.Connection:
    try:
        repository.state.mkdir(exist_ok=True)
        database = sqlite3.connect(repository.state / "index.db", timeout=_BUSY_SECONDS, isolation_level=None)
        database.execute("PRAGMA synchronous = OFF")  # derived: a power loss costs a rebuild, not data
    except (OSError, sqlite3.OperationalError):
        return sqlite3.connect(":memory:", isolation_level=None)
    return database


def _fresh(repository: Repository) -> sqlite3.Connection:
    try:
        for path in repository.state.glob("index.db*"):
            path.unlink()
    except OSError:
        return sqlite3.connect(":memory:", isolation_level=None)
    return _connect(repository)


def _update(database: sqlite3.Connection, repository: Repository, head: str | None) -> None:
    if _last(database) == head and head is not None:
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        last = _last(database)
        if last is None or not _is_ancestor(repository, last, head):
            _drop_tables(database)
            create_tables(database)
            last = None
        if head is not None and last != head:
            _add_events(database, _read_log(repository, last, head))
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
    for table in ("meta", "events", "versions", "runs"):
        database.execute(f"DROP TABLE IF EXISTS {table}")


def _is_ancestor(repository: Repository, last: str, head: str | None) -> bool:
    if head is None:
        return False
    return last == head or try_git(repository.root, ["merge-base", "--is-ancestor", last, head]) is not None


def _read_log(repository: Repository, last: str | None, head: str) -> Iterator[_LoggedCommit]:
    scope = [f"{last}..{head}"] if last else [head]
    output = ask_git(
        repository.root,
        ["log", "-z", "--topo-order", "--reverse", "--format=%H%x00%ct%x00%an%x00%B", *scope, "--"],
    )
    fields = output.decode(errors="replace").split("\0")
    for place in range(0, len(fields) - 3, 4):
        commit, committed, author, message = fields[place : place + 4]
        yield _LoggedCommit(commit, int(committed), author, message)


def _add_events(database: sqlite3.Connection, commits: Iterable[_LoggedCommit]) -> None:
    for commit in commits:
        trailers = dict(reversed(from_message(commit.message)))
        action = trailers.get("Trainstore-Action")
        if action is None:
            continue
        timestamp = _integer(trailers.get("Version-Timestamp"))
        database.execute(
            "INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                commit.commit,
                commit.committed,
                commit.author,
                commit.message.split("\n", 1)[0],
                action,
                trailers.get("Model-Name"),
                trailers.get("Data-Type"),
                timestamp,
                _number(trailers.get("Confidence")),
                trailers.get("Api-Model"),
                trailers.get("Run-Id"),
            ),
        )
        if action in SAVING_ACTIONS:
            _add_version(database, commit, trailers, timestamp)
        elif action in RUNNING_ACTIONS:
            _add_run(database, commit, trailers, action)


def _add_version(
    database: sqlite3.Connection, commit: _LoggedCommit, trailers: dict[str, str], timestamp: int | None
) -> None:
    path = trailers.get("Path", "")
    if not is_record_path(path) or timestamp is None:
        return
    database.execute(
        "INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        (
            path,
            str(PurePosixPath(path).parent),
            trailers.get("Model-Name", ""),
            trailers.get("Data-Type", ""),
            timestamp,
            trailers.get("Code-Digest", ""),
            trailers.get("Space-Digest", ""),
            _number(trailers.get("Confidence")),
            trailers.get("Api-Model"),
            trailers.get("Parameters", ""),
            commit.commit,
        ),
    )


def _add_run(
    database: sqlite3.Connection, commit: _LoggedCommit, trailers: dict[str, str], action: str
) -> None:
    path = trailers.get("Run-Path", "")
    if not is_run_path(f"{path}/run.json"):
        return
    database.execute(
        "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        (
            trailers.get("Run-Id", ""),
            path,
            trailers.get("Path", ""),
            action,
            trailers.get("Outcome", ""),
            trailers.get("Device"),
            _number(trailers.get("Score")),
            trailers.get("Data-Digest"),
            trailers.get("Rerun-Of"),
            trailers.get("Verdict"),
            commit.committed,
            commit.commit,
        ),
    )


def _tree_changes(repository: Repository, last: str | None, head: str) -> dict[str, str | None]:
    """Return the blob id of each file that came or changed, and None for each that went."""
    if last is None:
        return dict(list_tree(repository.root, head, [FUNCTIONS, RUNS]))
    return {change.path: change.new for change in changes_between(repository, last, head, [FUNCTIONS, RUNS])}


def _apply_tree(
    database: sqlite3.Connection, repository: Repository, changes: dict[str, str | None], head: str
) -> None:
    unknown: dict[str, str] = {}
    for path, blob in changes.items():
        present = int(blob is not None)
        if is_record_path(path):
            updated = database.execute("UPDATE versions SET present = ? WHERE path = ?", (present, path))
            if updated.rowcount == 0 and blob is not None:
                unknown[path] = blob
        elif is_run_path(path):
            folder = str(PurePosixPath(path).parent)
            database.execute(
                "UPDATE runs SET present = ? WHERE run_id = ? AND folder = ?",
                (present, PurePosixPath(folder).name, folder),
            )
    _add_committed_by_hand(database, repository, unknown, head)


def _add_committed_by_hand(
    database: sqlite3.Connection, repository: Repository, unknown: dict[str, str], head: str
) -> None:
    """Add the versions that no message of trainstore's tells of: someone used plain git."""
    contents = read_blobs(repository.root, unknown.values())
    for path, blob in unknown.items():
        try:
            record = decode_record(contents[blob], PurePosixPath(path).name, 0)
        except InvalidRecord:
            continue
        values: tuple[Any, ...] = (
            path,
            str(PurePosixPath(path).parent),
            record.model_name,
            record.data_type,
            record.timestamp,
            record.code_digest,
            record.space_digest,
            record.confidence,
            record.metadata_text("api_model") or None,
            join_names(list(record.bo_config)),
            head,
        )
        database.execute(
            "INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)", values
        )


def _integer(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 16 else None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
