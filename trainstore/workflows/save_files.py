"""Saving files: records as JSON, or plain Python that changes the code of a function that is there."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainstore.errors import InvalidRecord, TrainstoreError, UsageError
from trainstore.records.training_record import (
    MOST_RECORD_BYTES,
    TrainingRecord,
    check_record,
    decode_record,
    encode_record,
)
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.store.resolve import current_version, resolve_function
from trainstore.workflows.read_version import read_version
from trainstore.workflows.save import SaveResult, save_records
from trainstore.workflows.save_plan import Incoming

STANDARD_INPUT = "-"
_MOST_READ = MOST_RECORD_BYTES + 1


@dataclass(frozen=True)
class Rejected:
    """A file that was not saved, and why."""

    file: str
    error: TrainstoreError


@dataclass(frozen=True)
class SaveFilesResult:
    """What became of each file."""

    result: SaveResult
    rejected: list[Rejected]


def save_files(repository: Repository, files: Sequence[Path], name: str | None = None) -> SaveFilesResult:
    """Save each file as the current version of its function; a bad one is reported and the rest goes in.

    Args:
        repository: the store.
        files: ``.json`` records or ``.py`` code; ``-`` is standard input, code where a name is given.
        name: for code: the function that the code is of. Where it exists, its search space and data profile
            stay; else a new function of that name begins.

    Raises:
        StoreConflict, StoreLocked, GitFailed: nothing was saved.
    """
    incoming, rejected = [], []
    for file in files:
        try:
            incoming.append(_read(repository, file, name))
        except TrainstoreError as error:
            rejected.append(Rejected(str(file), error))
    return SaveFilesResult(save_records(repository, incoming) if incoming else SaveResult(), rejected)


def read_record_file(file: Path) -> tuple[bytes, int]:
    """Return the content of a file, no more than `decode_record` can refuse, and its modification time.

    Raises:
        InvalidRecord: it cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return opened.read(_MOST_READ), int(file.stat().st_mtime)
    except IsADirectoryError as error:
        raise InvalidRecord(
            "This is a folder, and save takes files.",
            "Take in all of its files with: trainstore import FOLDER",
        ) from error
    except OSError as error:
        raise InvalidRecord(f"The file cannot be read: {error.strerror}.", "Check the path.") from error


def _read(repository: Repository, file: Path, name: str | None) -> Incoming:
    if str(file) == STANDARD_INPUT:
        data, modified = sys.stdin.buffer.read(_MOST_READ), int(time.time())
    else:
        data, modified = read_record_file(file)
    if file.suffix == ".py" or (str(file) == STANDARD_INPUT and name is not None):
        incoming = Incoming(_from_code(repository, data, name))
    elif name is not None:
        raise UsageError("--name goes with .py files; a record has its own model_name.")
    else:
        incoming = Incoming(decode_record(data, file.name, modified), data)
    check_record(incoming.record)
    return incoming


def _from_code(repository: Repository, data: bytes, name: str | None) -> TrainingRecord:
    if name is None:
        raise UsageError("A .py file does not say which function it is of.", "Add: --name NAME")
    try:
        code = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRecord(f"The code is not UTF-8 text: {error.reason}.", "Save it as UTF-8.") from error
    parent = _current(repository, name)
    content: dict[str, Any] = {
        "model_name": parent.model_name if parent else name,
        "training_code": code,
        "bo_config": parent.bo_config if parent else {},
        "confidence": None,
        "data_profile": (parent.content.get("data_profile") if parent else None) or {},
        "timestamp": int(time.time()),
        "metadata": {"generated_by": "hand", "api_model": None, "version": "1.0"},
    }
    return decode_record(encode_record(content), file_name="", modified=0)


def _current(repository: Repository, name: str) -> TrainingRecord | None:
    """Return the function's current version, or its newest where all have left the tree. Raises NotFound."""
    with open_index(repository) as index:
        if not index.function_names(name):
            return None
        versions = index.versions(*resolve_function(index, name))
    return read_version(repository, current_version(versions) or versions[-1])
