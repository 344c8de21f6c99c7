"""Importing what people have today: a folder of JSON files."""

import os
from collections.abc import Iterator
from pathlib import Path

from trainstore.errors import TrainstoreError, UsageError
from trainstore.records.training_record import decode_record
from trainstore.store.git.repository import Repository
from trainstore.workflows.save import SaveResult, import_records
from trainstore.workflows.save_files import Rejected, SaveFilesResult, read_record_file
from trainstore.workflows.save_plan import Incoming


def import_folder(repository: Repository, folder: Path) -> SaveFilesResult:
    """Import every ``.json`` file below a folder, oldest first; a bad one is reported and the rest goes in.

    Only the structure of the records is checked: code that does not run is worth keeping too.

    Raises:
        UsageError: the folder is not there, or is the store's own.
        StoreConflict, StoreLocked, GitFailed: nothing was imported.
    """
    if not folder.is_dir():
        raise UsageError(
            f"There is no folder {str(folder)!r}.", "Give the folder that holds the .json files."
        )
    if folder.resolve().is_relative_to(repository.root.resolve() / ".git"):
        raise UsageError(
            "Git's own folder cannot be imported.", "Give the folder that holds the .json files."
        )
    incoming, rejected = [], []
    for file in _json_files(folder):
        try:
            incoming.append(_read(file))
        except TrainstoreError as error:
            rejected.append(Rejected(str(file), error))
    incoming.sort(key=lambda item: item.record.timestamp)
    return SaveFilesResult(import_records(repository, incoming) if incoming else SaveResult(), rejected)


def _json_files(folder: Path) -> Iterator[Path]:
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        named = [name for name in names if name.lower().endswith(".json") and name[0] != "."]
        found += [os.path.join(parent, name) for name in named]
    yield from (Path(file) for file in sorted(found) if os.path.isfile(file))


def _read(file: Path) -> Incoming:
    data, modified = read_record_file(file)
    return Incoming(decode_record(data, file.name, modified), data)
