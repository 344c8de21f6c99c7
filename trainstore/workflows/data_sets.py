"""Data sets under names: the file in DVC's cache, its pointer in git, so that a rerun anywhere reads the same bytes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from trainstore.disk_format.data_pointers import parse_data_pointer
from trainstore.disk_format.dvc_files import is_file_id, is_file_name, render_file_pointer
from trainstore.disk_format.layout import DATASETS, dataset_pointer_path
from trainstore.errors import InvalidData, InvalidRecord, NotFound, UsageError
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.records.datasets import Dataset, PinnedFile, Task
from trainstore.store.checkpoints.cache_lock import cache_in_use
from trainstore.store.git.changes import Change, Commit, Remove, Write
from trainstore.store.git.read import list_tree, read_blobs
from trainstore.store.git.repository import Head, Repository, read_head
from trainstore.store.messages import data_message
from trainstore.store.writing.transaction import Plan, commit_changes
from trainstore.store.writing.work_tree import remove_file
from trainstore.workflows.read_data import DEMAND, read_data, read_pinned
from trainstore.workflows.transfers.progress import Transfer

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
_IGNORED = f"{DATASETS}/.gitignore"


@dataclass(frozen=True)
class AddedData:
    """A data set that has a name now; ``commit`` is None where it was so already."""

    pinned: PinnedFile
    dataset: Dataset
    commit: str | None


def is_data_name(text: str) -> bool:
    """Tell whether a reference can be the name of a pinned data set; files have an ending, names have none."""
    return _NAME.fullmatch(text) is not None


def add_data(
    repository: Repository,
    name: str,
    file: Path,
    *,
    target: str | None = None,
    task: Task | None = None,
    sandbox: SandboxDemand = DEMAND,
) -> AddedData:
    """Keep a data file under a name; one that has the name already gives way, and history keeps it.

    Writes: the file in DVC's cache and beside its pointer, and one commit with the pointer.

    Raises:
        UsageError: the name or the file's own is not plain.
        InvalidData, SandboxTooWeak: the data cannot be used, or not be decoded here.
        StoreConflict: another file stands where this one goes.
    """
    _check_names(name, file)
    dataset = read_data(str(file), target=target, task=task, sandbox=sandbox)
    given = PinnedFile(name, file.name, "", 0, target, task)
    with cache_in_use(repository), _stored(repository, given, file) as pinned:  # until a commit names it
        commits = commit_changes(repository, _naming(repository, pinned, dataset.digest))
    return AddedData(pinned, dataset, commits[0] if commits else None)


def _naming(repository: Repository, pinned: PinnedFile, digest: str) -> Plan:
    """Return the plan that gives a data set its name."""
    meta = {"target": pinned.target, "task": pinned.task, "digest": digest}
    pointer = render_file_pointer(pinned.md5, pinned.size, pinned.file, meta)

    def plan(head: Head) -> list[Commit]:
        wanted: dict[str, bytes] = {dataset_pointer_path(pinned.name): pointer}
        committed = _contents(repository, head, [*wanted, _IGNORED])
        wanted[_IGNORED] = _with_line(committed.get(_IGNORED, b""), f"/{pinned.file}")
        changes: list[Change] = [
            Write(path, new) for path, new in wanted.items() if committed.get(path) != new
        ]
        return [Commit(data_message(pinned, digest), tuple(changes))] if changes else []

    return plan


def _check_names(name: str, file: Path) -> None:
    if not is_data_name(name):
        raise UsageError(
            f"{name!r} is no name for data.", "Use letters, digits, _ and -; at most 100 of them."
        )
    if not is_file_name(file.name):
        raise UsageError(
            f"DVC could not track a file named {file.name!r}.", "Rename it: letters, digits and ._-"
        )


@contextmanager
def _stored(repository: Repository, wanted: PinnedFile, file: Path) -> Iterator[PinnedFile]:
    """Put a file into DVC's cache and beside where its pointer will be; where that fails, out of there again."""
    from trainstore.store.checkpoints.data_files import add_data_file, link_data_file

    stored = add_data_file(repository.root, file)
    before = {known.file: known.md5 for known in data_sets(repository) if known.name == wanted.name}
    place = repository.root / DATASETS / wanted.file
    was_there = place.exists()
    try:
        link_data_file(repository.root, f"{DATASETS}/{wanted.file}", stored.md5, before.get(wanted.file))
        yield replace(wanted, md5=stored.md5, size=stored.size)
    except BaseException:
        if not was_there:  # git would show it, and DVC's cache has it
            remove_file(repository.root, place)
        raise


def remove_data(repository: Repository, name: str) -> str:
    """Take a data set's name away, and return the commit. History and DVC's cache keep the data.

    Raises:
        NotFound: there is no such name.
    """
    path = dataset_pointer_path(name)
    pinned = find_data(repository, name)
    if pinned is None:
        raise NotFound(f"There is no data set {name!r}.", "See them with: trainstore data list")

    def plan(head: Head) -> list[Commit]:
        known = _contents(repository, head, [path])
        return [Commit(data_message(pinned, None), (Remove(path),))] if known else []

    commits = commit_changes(repository, plan)
    return commits[0] if commits else str(read_head(repository).commit)


def data_sets(repository: Repository) -> list[PinnedFile]:
    """Return the pinned data sets of HEAD, by name; a pointer that someone broke or made otherwise is none of them."""
    pointers = _contents(repository, read_head(repository), [DATASETS])
    found = []
    for path, content in sorted(pointers.items()):
        name = PurePosixPath(path).name.removesuffix(".dvc")
        if path == dataset_pointer_path(name) and is_data_name(name):
            try:
                found.append(_pinned(name, parse_data_pointer(content)))
            except InvalidRecord:
                continue
    return found


def find_data(repository: Repository, name: str) -> PinnedFile | None:
    """Return the data set with a name; None where there is none.

    Raises:
        InvalidData: its pointer cannot be read.
    """
    if not is_data_name(name):
        return None
    path = dataset_pointer_path(name)
    content = _contents(repository, read_head(repository), [path]).get(path)
    if content is None:
        return None
    try:
        return _pinned(name, parse_data_pointer(content))
    except InvalidRecord as error:
        raise InvalidData(
            f"{path}: {error.message}", "Bring it back with git, or add the data again."
        ) from error


def load_data(
    repository: Repository,
    reference: str,
    *,
    target: str | None = None,
    task: Task | None = None,
    sandbox: SandboxDemand = DEMAND,
    transfer: Transfer | None = None,
) -> Dataset:
    """Load what a person wrote behind ``--data``; a name of the store's goes before a file of that name.

    Raises:
        CheckpointMissing: the store has the name, but neither DVC's cache nor the DVC remote has the data.
        RemoteFailed, IntegrityProblem: as for `read_pinned`.
        InvalidData, UsageError, SandboxTooWeak: as for `read_data`.
    """
    pinned = find_data(repository, reference)
    if pinned is None:
        return read_data(reference, target=target, task=task, sandbox=sandbox)
    return read_pinned(repository, pinned, target, task, sandbox, transfer)


def _pinned(name: str, pointer: dict[str, Any]) -> PinnedFile:
    meta = pointer["meta"]
    target, task = meta.get("target"), meta.get("task")
    if not isinstance(target, str | None) or task not in (None, "classification", "regression"):
        raise InvalidRecord("Its target or task is none.")
    return PinnedFile(name, pointer["path"], pointer["md5"], pointer["size"], target, task)


def as_recorded(pinned: PinnedFile | None) -> dict[str, Any] | None:
    """Return what run.json holds of a pinned file."""
    return None if pinned is None else asdict(pinned)


def from_recorded(fields: dict[str, Any]) -> PinnedFile:
    """Return the pinned file that run.json tells of.

    Raises:
        InvalidRecord: it tells of none.
    """
    meta = {key: fields.get(key) for key in ("target", "task")}
    named, file, md5, size = (fields.get(key) for key in ("name", "file", "md5", "size"))
    if not (isinstance(named, str) and is_data_name(named) and is_file_name(file) and is_file_id(md5)):
        raise InvalidRecord("The run's data is no data set of a store's.")
    return _pinned(named, {"path": file, "md5": md5, "size": size, "meta": meta})


def _contents(repository: Repository, head: Head, paths: list[str]) -> dict[str, bytes]:
    if head.commit is None:
        return {}
    blobs = list_tree(repository.root, head.commit, paths)
    contents = read_blobs(repository.root, blobs.values())
    return {path: contents[blob] for path, blob in blobs.items()}


def _with_line(content: bytes, line: str) -> bytes:
    lines = content.decode(errors="surrogateescape").splitlines()
    if line in lines:
        return content
    return "".join(f"{each}\n" for each in [*lines, line]).encode(errors="surrogateescape")
