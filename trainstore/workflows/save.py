"""Saving versions: where each goes, what time it gets, and which are already there."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Literal

from trainstore.disk_format.layout import function_folder, record_file_name
from trainstore.disk_format.path_parts import folder_part
from trainstore.records.training_record import TrainingRecord, encode_record
from trainstore.store.changes import Commit, Write
from trainstore.store.index import Index, Version
from trainstore.store.index_update import open_index
from trainstore.store.messages import save_message
from trainstore.store.repository import Head, Repository
from trainstore.store.resolve import current_version
from trainstore.store.transaction import commit_changes

SavingAction = Literal["save", "generate"]


@dataclass(frozen=True)
class Incoming:
    """A record to be saved, with the bytes of its file where it came from one."""

    record: TrainingRecord
    file: bytes | None = None


@dataclass(frozen=True)
class SaveResult:
    """The versions that were saved, and those that were current already; both in the order given."""

    saved: list[Version] = field(default_factory=list)
    unchanged: list[Version] = field(default_factory=list)


@dataclass(frozen=True)
class _Planned:
    path: str
    record: TrainingRecord
    commit: Commit


def save_records(
    repository: Repository, incoming: Sequence[Incoming], action: SavingAction = "save"
) -> SaveResult:
    """Commit each record as the new current version of its function, one commit each.

    A record equal in code and search space to the current version makes no commit. One whose time is not later
    than the current version's gets the next free second from now on. A file that stays as it is is committed
    byte for byte.

    Raises:
        StoreConflict, StoreLocked, GitFailed: nothing was saved.
    """
    planned: list[_Planned] = []
    unchanged: list[str] = []

    def plan(_: Head) -> list[Commit]:
        planned.clear()
        unchanged.clear()
        with open_index(repository) as index:
            for item in incoming:
                _plan_one(index, item, action, planned, unchanged)
        return [one.commit for one in planned]

    commit_changes(repository, plan)
    with open_index(repository) as index:
        found = {path: index.version_at(path) for path in [*(one.path for one in planned), *unchanged]}
    return SaveResult(
        [version for one in planned if (version := found[one.path])],
        [version for path in unchanged if (version := found[path])],
    )


def _plan_one(
    index: Index, item: Incoming, action: SavingAction, planned: list[_Planned], unchanged: list[str]
) -> None:
    record = item.record
    earlier = [one for one in planned if one.record.function == record.function]
    versions = index.versions(record.data_type, record.model_name)
    current = current_version(versions)
    now = earlier[-1] if earlier else current
    digests = _digests(earlier[-1].record if earlier else current)
    if now is not None and digests == _digests(record):
        unchanged.append(now.path)
        return
    newest = max(
        [version.timestamp for version in versions] + [one.record.timestamp for one in earlier], default=-1
    )
    content = item.file
    if record.timestamp <= newest or content is None:
        timestamp = max(int(time.time()), newest + 1) if record.timestamp <= newest else record.timestamp
        record = replace(record, timestamp=timestamp, content={**record.content, "timestamp": timestamp})
        content = encode_record(record.content)
    folder = _folder(index, record, versions, planned)
    path = f"{folder}/{record_file_name(record.data_type, record.model_name, record.timestamp)}"
    planned.append(
        _Planned(path, record, Commit(save_message(record, path, action), (Write(path, content),)))
    )


def _folder(index: Index, record: TrainingRecord, versions: list[Version], planned: list[_Planned]) -> str:
    """Return the folder of a function: the one it has, or a new one that no other function has."""
    if versions:
        return versions[-1].folder
    parent = folder_part(record.data_type)
    taken = {
        **index.folders(function_folder(parent, "")),
        **{
            str(PurePosixPath(one.path).parent): (one.record.data_type, one.record.model_name)
            for one in planned
        },
    }
    own = (record.data_type, record.model_name)
    others = [PurePosixPath(folder).name for folder, owner in taken.items() if owner != own]
    return function_folder(parent, folder_part(record.model_name, others))


def _digests(saved: TrainingRecord | Version | None) -> tuple[str, str] | None:
    return (saved.code_digest, saved.space_digest) if saved else None
