"""Data sets under names: the file in DVC's cache, its pointer in git, so that a rerun anywhere reads the same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from trainstore.disk_format.dvc_files import is_file_name, render_file_pointer
from trainstore.disk_format.layout import DATASETS, dataset_pointer_path
from trainstore.errors import NotFound, UsageError
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.records.datasets import Dataset, PinnedFile, Task
from trainstore.store.checkpoints.cache_lock import cache_in_use
from trainstore.store.git.changes import Change, Commit, Remove, Write
from trainstore.store.git.repository import Head, Repository, read_head
from trainstore.store.messages import data_message
from trainstore.store.writing.transaction import Plan, commit_changes
from trainstore.store.writing.work_tree import remove_file
from trainstore.workflows.pinned_data import committed_files, data_sets, find_data, is_data_name
from trainstore.workflows.read_data import DEMAND, read_data

_IGNORED = f"{DATASETS}/.gitignore"


@dataclass(frozen=True)
class AddedData:
    """A data set that has a name now; ``commit`` is None where it was so already."""

    pinned: PinnedFile
    dataset: Dataset
    commit: str | None


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
        committed = committed_files(repository, head, [*wanted, _IGNORED])
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
        known = committed_files(repository, head, [path])
        return [Commit(data_message(pinned, None), (Remove(path),))] if known else []

    commits = commit_changes(repository, plan)
    return commits[0] if commits else str(read_head(repository).commit)


def _with_line(content: bytes, line: str) -> bytes:
    lines = content.decode(errors="surrogateescape").splitlines()
    if line in lines:
        return content
    return "".join(f"{each}\n" for each in [*lines, line]).encode(errors="surrogateescape")
