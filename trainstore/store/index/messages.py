"""What the index takes from commit messages: events, and the versions and runs that they tell of."""

import math
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

from trainstore.disk_format.layout import is_record_path, is_run_path, run_file
from trainstore.disk_format.trailers import from_message
from trainstore.store.git.read import stream_fields
from trainstore.store.git.repository import Repository

SAVING_ACTIONS = frozenset({"save", "import", "generate"})
RUNNING_ACTIONS = frozenset({"run", "rerun", "tune"})

# One that is told of again stays in the tree or out of it.
ADD_VERSION = """
INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (path) DO UPDATE SET
    folder = excluded.folder, model_name = excluded.model_name, data_type = excluded.data_type,
    timestamp = excluded.timestamp, code_digest = excluded.code_digest, space_digest = excluded.space_digest,
    confidence = excluded.confidence, api_model = excluded.api_model, parameters = excluded.parameters,
    request_digest = excluded.request_digest, data_kind = excluded.data_kind, parent = excluded.parent,
    commit_id = excluded.commit_id
"""

Row: TypeAlias = tuple[Any, ...]

_LAST_SECOND = 253_402_300_799  # the end of the year 9999; a message may claim any time


class LoggedCommit(NamedTuple):
    """One commit of the log.

    Attributes:
        trailers: those of its message, the first of each key.
        removed: paths of what it names as removed.
    """

    commit: str
    parents: str
    committed: int
    author: str
    subject: str
    trailers: dict[str, str]
    removed: tuple[str, ...] = ()

    @property
    def action(self) -> str | None:
        """What trainstore did; None where the commit is not one of trainstore's."""
        return self.trailers.get("Trainstore-Action")


def read_log(repository: Repository, last: str | None, head: str) -> list[LoggedCommit]:
    """Return the commits after the last known one, oldest first: side branches just before their merge."""
    return list(each_commit(repository, last, head))


def each_commit(repository: Repository, last: str | None, head: str) -> Iterator[LoggedCommit]:
    """Yield the commits of `read_log` while git lists them."""
    scope = [f"{last}..{head}"] if last else [head]
    fields = stream_fields(
        repository.root,
        [
            "log",
            "-z",
            "--encoding=UTF-8",
            "--topo-order",
            "--reverse",
            "--format=%H%x00%P%x00%ct%x00%an%x00%B",
            *scope,
            "--",
        ],
    )
    for commit, parents, committed, author, message in zip(
        fields, fields, fields, fields, fields, strict=True
    ):
        yield logged_commit(commit, parents, _time(committed) or 0, author, message)


def logged_commit(commit: str, parents: str, committed: int, author: str, message: str) -> LoggedCommit:
    """Return a commit with what its message tells."""
    told = from_message(message)
    removed = tuple(path for key, path in told if key == "Removed") if "\nRemoved: " in message else ()
    subject = message.partition("\n")[0]
    return LoggedCommit(commit, parents, committed, author, subject, dict(reversed(told)), removed)


def add_events(database: sqlite3.Connection, commits: Iterable[LoggedCommit]) -> None:
    """Add what commits of trainstore's tell of."""
    events: list[Row] = []
    versions: list[Row] = []
    runs: list[Row] = []
    pruned_from: list[Row] = []
    undoing: list[Row] = []
    for commit in commits:
        action, trailers = commit.action, commit.trailers
        timestamp = _time(trailers.get("Version-Timestamp"))
        confidence = _number(trailers.get("Confidence"))
        events.append(_event(commit, timestamp, confidence))
        if action in SAVING_ACTIONS and timestamp is not None:
            versions += _version(commit, timestamp, confidence)
        elif action in RUNNING_ACTIONS:
            runs += _run(commit)
        elif "Model-Name" not in trailers:
            folders = {path.rpartition("/")[0] for path in commit.removed if is_record_path(path)}
            pruned_from += [(commit.commit, folder) for folder in sorted(folders)]
            undoing += [(commit.commit, trailers["Undoes"])] if "Undoes" in trailers else []
    database.executemany("INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", events)
    database.executemany("INSERT INTO pruned_from VALUES (?, ?)", pruned_from)
    database.executemany(
        "INSERT INTO pruned_from SELECT ?, folder FROM pruned_from WHERE commit_id = ?", undoing
    )
    database.executemany(ADD_VERSION, versions)
    if database.execute("SELECT 1 FROM left_over").fetchone():
        database.executemany("DELETE FROM left_over WHERE path = ?", [row[:1] for row in versions])
    database.executemany(
        """INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
            COALESCE((SELECT present FROM runs WHERE run_id = ? AND folder = ?), 0))""",
        [(*row, *row[:2]) for row in runs],
    )


def _event(commit: LoggedCommit, timestamp: int | None, confidence: float | None) -> Row:
    told = commit.trailers.get
    return (
        commit.commit,
        commit.committed,
        commit.author,
        commit.subject,
        commit.action,
        told("Model-Name"),
        told("Data-Type"),
        timestamp,
        confidence,
        told("Api-Model"),
        told("Run-Id"),
    )


def _version(commit: LoggedCommit, timestamp: int, confidence: float | None) -> list[Row]:
    """Return the version that a commit tells of; none where its message is not whole."""
    told = commit.trailers.get
    path, model_name, data_type = told("Path", ""), told("Model-Name"), told("Data-Type")
    if not is_record_path(path) or not model_name or not data_type:
        return []
    row = (
        path,
        path.rpartition("/")[0],
        model_name,
        data_type,
        timestamp,
        told("Code-Digest", ""),
        told("Space-Digest", ""),
        confidence,
        told("Api-Model"),
        told("Parameters", ""),
        told("Request-Digest"),
        told("Data-Kind"),
        told("Parent"),
        commit.commit,
    )
    return [row]


def _run(commit: LoggedCommit) -> list[Row]:
    """Return the run that a commit tells of; none where its message is not whole."""
    told = commit.trailers.get
    folder, run_id = told("Run-Path", ""), told("Run-Id", "")
    if not is_run_path(run_file(folder)):
        return []
    row = (
        run_id,
        folder,
        told("Path", ""),
        commit.action,
        told("Outcome", ""),
        told("Device"),
        _number(told("Score")),
        told("Data-Digest"),
        told("Rerun-Of"),
        told("Verdict"),
        told("Claim"),
        told("Study-Id"),
        commit.committed,
        commit.commit,
    )
    return [row]


def _time(text: str | None) -> int | None:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 16):
        return None
    seconds = int(text)
    return seconds if seconds <= _LAST_SECOND else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
