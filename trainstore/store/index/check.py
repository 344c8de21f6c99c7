"""Whether the index on disk says what an index made anew says."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index

# What a person sees, each with the column that names a row.
_TABLES = {
    "versions": "path",
    "runs": "run_id",
    "events": "commit_id",
    "pruned_from": "commit_id",
    "functions": "path",
}


@dataclass(frozen=True)
class IndexCheck:
    """What a comparison of the index on disk with one made anew found.

    Attributes:
        file: where the index is, or would be.
        versions: those of the tree by their paths, from the index made anew.
        unreadable: whether the file on disk is no sound database.
        differing: paths, run ids and commits about which the two say otherwise.
    """

    file: Path
    versions: Mapping[str, Version]
    unreadable: bool
    differing: tuple[str, ...]


def check_index(repository: Repository) -> IndexCheck:
    """Make the index anew and compare; the one on disk is read only, and brought up to date in a copy.

    Raises:
        GitFailed: git cannot read the history.
    """
    file = repository.state / "index.db"
    with TemporaryDirectory(prefix="trainstore-") as passing:
        anew, copied = (repository._replace(git_dir=Path(passing, name)) for name in ("anew", "copied"))
        for one in (anew, copied):
            one.state.mkdir(parents=True)
        with open_index(anew) as index:
            versions = {version.path: version for version in index.versions_in_tree()}
        if not file.exists():
            return IndexCheck(file, versions, False, ())
        if not _copy(file, copied.state / "index.db"):
            return IndexCheck(file, versions, True, ())
        open_index(copied).close()
        return IndexCheck(
            file, versions, False, _differing(anew.state / "index.db", copied.state / "index.db")
        )


def subject_of(repository: Repository, commit: str) -> str | None:
    """Return the subject of a commit that git can no longer read, where the index on disk still has it."""
    try:
        with closing(_open_to_read(repository.state / "index.db")) as database:
            return next((event.subject for event in Index(database).events_of_commits(commit)), None)
    except sqlite3.DatabaseError:
        return None


def _open_to_read(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)


def _copy(file: Path, target: Path) -> bool:
    """Copy a database as it is between two writes; False where it is damaged."""
    try:
        with (
            closing(_open_to_read(file)) as database,
            closing(sqlite3.connect(target)) as copy,
        ):
            database.backup(copy)
            sound: str = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError:
        return False
    return sound == "ok"


def _differing(anew: Path, copied: Path) -> tuple[str, ...]:
    names: set[str] = set()
    with closing(sqlite3.connect(anew)) as database:
        database.execute("ATTACH ? AS copied", (str(copied),))
        for table, name in _TABLES.items():
            for one, other in (("main", "copied"), ("copied", "main")):
                rows = database.execute(
                    f"SELECT {name} FROM (SELECT * FROM {one}.{table} EXCEPT SELECT * FROM {other}.{table})"
                )
                names |= {str(row[0]) for row in rows}
    return tuple(sorted(names))
