"""Versions that messages do not tell of, or not rightly: someone committed records with plain git, or merged."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from trainstore.disk_format.layout import FUNCTIONS, is_record_path
from trainstore.disk_format.trailers import join_names
from trainstore.errors import InvalidRecord
from trainstore.records.origin import origin_of
from trainstore.records.training_record import TrainingRecord, decode_record
from trainstore.store.git.commit_files import files_of_commits
from trainstore.store.git.read import ask_git, blobs_at, read_blobs
from trainstore.store.git.repository import Repository
from trainstore.store.index.messages import ADD_VERSION

_PATHS_A_CALL = 500  # an argument list has a size limit


def records_of_commits(repository: Repository, commits: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return for each commit the records that it added or changed: path -> blob id."""
    if not commits:
        return {}
    return {
        commit: {path: blob for path, blob in files.items() if is_record_path(path)}
        for commit, files in files_of_commits(repository, commits, [FUNCTIONS]).items()
    }


def add_records(
    database: sqlite3.Connection, repository: Repository, commit: str, records: Mapping[str, str]
) -> None:
    """Add the records that a commit put there; one that is known and the same stays as it is."""
    for path, record in _decode(repository, records).items():
        known = database.execute(
            """SELECT model_name, data_type, timestamp, code_digest, space_digest FROM versions
                WHERE path = ? AND path NOT IN (SELECT path FROM left_over)""",
            (path,),
        ).fetchone()
        if known != (
            record.model_name,
            record.data_type,
            record.timestamp,
            record.code_digest,
            record.space_digest,
        ):
            _add(database, commit, path, record)
            database.execute("DELETE FROM left_over WHERE path = ?", (path,))


def settle_merge(
    database: sqlite3.Connection, repository: Repository, merge: str, records: Mapping[str, str]
) -> None:
    """Make known versions those that a merge has: of several messages about a path, its tree says which one counts."""
    places = []
    for path in records:
        known = database.execute(
            "SELECT commit_id FROM versions WHERE path = ? AND path NOT IN (SELECT path FROM left_over)",
            (path,),
        ).fetchone()
        if known is not None:
            places.append((known[0], path))
    read = dict(zip(places, blobs_at(repository.root, places), strict=True)) if places else {}
    other = {path: records[path] for (_, path), blob in read.items() if blob != records[path]}
    for path, record in _decode(repository, other).items():
        commit = ask_git(repository.root, ["rev-list", "-1", merge, "--", path]).decode().strip()
        _add(database, commit, path, record)


def add_left_over(
    database: sqlite3.Connection, repository: Repository, head: str, records: Mapping[str, str]
) -> None:
    """Add records of HEAD's tree that no commit by itself told of: a merge, a squash or an amend put them there."""
    decoded = _decode(repository, records)
    paths = list(decoded)
    for start in range(0, len(paths), _PATHS_A_CALL):
        some = paths[start : start + _PATHS_A_CALL]
        commits = ask_git(repository.root, ["rev-list", head, "--", *some]).decode().split()
        first = {
            path: commit
            for commit, found in records_of_commits(repository, commits).items()
            for path, blob in found.items()
            if blob == records.get(path)
        }
        for path in some:
            _add(database, first.get(path, head), path, decoded[path])
            database.execute("INSERT OR IGNORE INTO left_over VALUES (?)", (path,))


def forget_left_over(database: sqlite3.Connection, path: str) -> None:
    """Forget a left-over that leaves the tree: an index made anew would not find it."""
    database.execute("DELETE FROM versions WHERE path = ? AND path IN (SELECT path FROM left_over)", (path,))
    database.execute("DELETE FROM left_over WHERE path = ?", (path,))


def _decode(repository: Repository, records: Mapping[str, str]) -> dict[str, TrainingRecord]:
    """Return the records of some blobs by path, without those that are none."""
    contents = read_blobs(repository.root, records.values())
    decoded = {}
    for path, blob in records.items():
        try:
            decoded[path] = decode_record(contents[blob], PurePosixPath(path).name, 0)
        except InvalidRecord:
            continue
    return decoded


def _add(database: sqlite3.Connection, commit: str, path: str, record: TrainingRecord) -> None:
    """Add a version from its record; whether it is in the tree stays as it was."""
    database.execute(
        ADD_VERSION,
        (
            path,
            path.rpartition("/")[0],
            record.model_name,
            record.data_type,
            record.timestamp,
            record.code_digest,
            record.space_digest,
            record.confidence,
            record.metadata_text("api_model") or None,
            join_names(list(record.bo_config)),
            *origin_of(record.content),
            commit,
        ),
    )
