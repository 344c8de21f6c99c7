"""Rolling a function back to what it was right after one of its versions was saved."""

from dataclasses import dataclass, field

from trainstore.disk_format.layout import is_record_path
from trainstore.errors import UsageError
from trainstore.store.git.changes import Change, Commit, Remove, Write
from trainstore.store.git.read import list_tree, read_blobs
from trainstore.store.git.repository import Head, Repository
from trainstore.store.index.entries import RunEntry, Version
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index
from trainstore.store.messages import rollback_message
from trainstore.store.resolve import current_version, resolve_function, resolve_version
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.run_files import CheckpointFolders, bring_back, follow_tree, take_out


@dataclass(frozen=True)
class RollbackResult:
    """What a rollback did.

    Attributes:
        commit: the new commit; None where the function was so already.
        target: the version rolled back to.
        current: the function's current version now.
        added: paths that came back: versions, and the files of their runs.
        removed: paths that left the tree; history keeps them.
        folders: checkpoints whose folder could not follow.
    """

    commit: str | None
    target: Version
    current: Version
    added: tuple[str, ...]
    removed: tuple[str, ...]
    folders: CheckpointFolders


@dataclass
class _Planned:
    """What comes and goes: paths, and the runs to whose files some of them belong."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    came: list[RunEntry] = field(default_factory=list)
    went: list[RunEntry] = field(default_factory=list)


def rollback(repository: Repository, name: str, version: str) -> RollbackResult:
    """Make the tree of a function what it was right after a version's save, in a new commit.

    Newer versions leave with their runs; pruned ones of that moment come back, each with all its runs.

    Raises:
        NotFound: no such function or version.
        UsageError: the version is another function's.
        StoreConflict: a file that would change has changes that are not committed.
    """
    with open_index(repository) as index:
        target = _target(repository, index, name, version)
    planned = _Planned()

    def plan(head: Head) -> list[Commit]:
        nonlocal planned
        with open_index(repository) as index:
            planned, commits = _plan(repository, index, head, target)
        return commits

    commits = commit_changes(repository, plan)
    folders = follow_tree(repository, planned.came, planned.went)
    with open_index(repository) as index:
        current = current_version(index.versions(target.data_type, target.model_name)) or target
    return RollbackResult(
        commits[0] if commits else None,
        target,
        current,
        tuple(planned.added),
        tuple(planned.removed),
        folders,
    )


def _target(repository: Repository, index: Index, name: str, version: str) -> Version:
    function = resolve_function(index, name)
    if version.startswith(("@", "~")):
        version = f"{'/'.join(function)}{version}"
    elif version.isascii() and version.isdigit():
        version = f"{'/'.join(function)}@{version}"
    target = resolve_version(repository, index, version)
    if (target.data_type, target.model_name) != function:
        raise UsageError(
            f"{version!r} is a version of {target.function}, not of {'/'.join(function)}.",
            f"Its own versions: trainstore history {name!r}",
        )
    return target


def _plan(repository: Repository, index: Index, head: Head, target: Version) -> tuple[_Planned, list[Commit]]:
    root = repository.root
    then = _records(repository, target.commit, target.folder)
    now = _records(repository, str(head.commit), target.folder)
    differing = [path for path, blob in then.items() if now.get(path) != blob]
    contents = read_blobs(root, [then[path] for path in differing])
    planned = _Planned(
        added=[path for path in differing if path not in now],
        removed=[path for path in now if path not in then],
    )
    changes: list[Change] = [
        *(Write(path, contents[then[path]]) for path in differing),
        *(Remove(path) for path in planned.removed),
    ]
    planned.went = [run for path in planned.removed for run in index.runs_of(path) if run.present]
    planned.came = [run for path in then for run in index.runs_of(path) if not run.present]
    message = rollback_message(target, planned.added, planned.removed)
    went = take_out(repository, str(head.commit), [run.folder for run in planned.went])
    came = [each for run in planned.came for each in bring_back(repository, run.commit, [run.folder])]
    planned.removed += [change.path for change in went]
    planned.added += [change.path for change in came]
    changes += [*went, *came]
    return planned, [Commit(message, tuple(changes))] if changes else []


def _records(repository: Repository, commit: str, folder: str) -> dict[str, str]:
    """Return the records of a function in a commit; pins stay where they are."""
    files = list_tree(repository.root, commit, [folder])
    return {path: blob for path, blob in files.items() if is_record_path(path)}
