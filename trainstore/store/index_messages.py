"""What the index takes from commit messages: events, and the versions and runs that they tell of."""

import math
import sqlite3
from pathlib import PurePosixPath
from typing import NamedTuple

from trainstore.disk_format.layout import is_record_path, is_run_path
from trainstore.disk_format.trailers import from_message
from trainstore.store.git_read import ask_git
from trainstore.store.repository import Repository

SAVING_ACTIONS = frozenset({"save", "import", "generate"})
RUNNING_ACTIONS = frozenset({"run", "rerun", "tune"})

_LAST_SECOND = 253_402_300_799  # the end of the year 9999; a message may claim any time


class LoggedCommit(NamedTuple):
    """One commit of the log; its trailers are those of its message, the first of each key."""

    commit: str
    parents: str
    committed: int
    author: str
    subject: str
    trailers: dict[str, str]

    @property
    def action(self) -> str | None:
        """What trainstore did; None where the commit is not one of trainstore's."""
        return self.trailers.get("Trainstore-Action")


def read_log(repository: Repository, last: str | None, head: str) -> list[LoggedCommit]:
    """Return the commits after the last known one, oldest first: side branches just before their merge."""
    scope = [f"{last}..{head}"] if last else [head]
    output = ask_git(
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
    fields = output.decode(errors="replace").split("\0")
    commits = []
    for place in range(0, len(fields) - 4, 5):
        commit, parents, committed, author, message = fields[place : place + 5]
        trailers = dict(reversed(from_message(message)))
        subject = message.split("\n", 1)[0]
        commits.append(LoggedCommit(commit, parents, _time(committed) or 0, author, subject, trailers))
    return commits


def add_event(database: sqlite3.Connection, commit: LoggedCommit) -> None:
    """Add what a commit of trainstore's tells of."""
    trailers = commit.trailers
    database.execute(
        "INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            commit.commit,
            commit.committed,
            commit.author,
            commit.subject,
            commit.action,
            trailers.get("Model-Name"),
            trailers.get("Data-Type"),
            _time(trailers.get("Version-Timestamp")),
            _number(trailers.get("Confidence")),
            trailers.get("Api-Model"),
            trailers.get("Run-Id"),
        ),
    )
    if commit.action in SAVING_ACTIONS:
        _add_version(database, commit)
    elif commit.action in RUNNING_ACTIONS:
        _add_run(database, commit)


def _add_version(database: sqlite3.Connection, commit: LoggedCommit) -> None:
    trailers = commit.trailers
    path = trailers.get("Path", "")
    timestamp = _time(trailers.get("Version-Timestamp"))
    model_name, data_type = trailers.get("Model-Name"), trailers.get("Data-Type")
    if not is_record_path(path) or timestamp is None or not model_name or not data_type:
        return
    database.execute(
        """INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
            COALESCE((SELECT present FROM versions WHERE path = ?), 0))""",
        (
            path,
            str(PurePosixPath(path).parent),
            model_name,
            data_type,
            timestamp,
            trailers.get("Code-Digest", ""),
            trailers.get("Space-Digest", ""),
            _number(trailers.get("Confidence")),
            trailers.get("Api-Model"),
            trailers.get("Parameters", ""),
            commit.commit,
            path,
        ),
    )
    database.execute("DELETE FROM left_over WHERE path = ?", (path,))


def _add_run(database: sqlite3.Connection, commit: LoggedCommit) -> None:
    trailers = commit.trailers
    folder, run_id = trailers.get("Run-Path", ""), trailers.get("Run-Id", "")
    if not is_run_path(f"{folder}/run.json"):
        return
    database.execute(
        """INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
            COALESCE((SELECT present FROM runs WHERE run_id = ?), 0))""",
        (
            run_id,
            folder,
            trailers.get("Path", ""),
            commit.action,
            trailers.get("Outcome", ""),
            trailers.get("Device"),
            _number(trailers.get("Score")),
            trailers.get("Data-Digest"),
            trailers.get("Rerun-Of"),
            trailers.get("Verdict"),
            commit.committed,
            commit.commit,
            run_id,
        ),
    )


def _time(text: str | None) -> int | None:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 16):
        return None
    return int(text) if int(text) <= _LAST_SECOND else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
