"""Undoing one commit of trainstore's, by a new commit that puts its paths back."""

from dataclasses import dataclass, field

from trainstore.errors import NotFound, StoreConflict, UsageError
from trainstore.store.git.changes import Change, Commit, Remove, Write
from trainstore.store.git.read import list_tree, read_blobs
from trainstore.store.git.repository import Head, Repository
from trainstore.store.git.tree_diff import PathChange, changes_of_commit
from trainstore.store.index.entries import Event, RunEntry, Version
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index
from trainstore.store.messages import undo_message
from trainstore.store.resolve import current_version, resolve_event
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.run_files import CheckpointFolders, follow_tree

_MOST_PATHS_NAMED = 500  # an argument list has a size limit


@dataclass(frozen=True)
class UndoResult:
    """What an undo did: the commit it made, the one it undid, and the paths that came and went.

    ``current`` is the current version of the function that it was about; None where there is none.
    """

    commit: str
    undone: Event
    current: Version | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    folders: CheckpointFolders


@dataclass
class _Planned:
    event: Event | None = None
    changes: list[PathChange] = field(default_factory=list)


def undo(repository: Repository, commit: str | None = None) -> UndoResult:
    """Put the paths of a commit back to what they were before it; undoing that undo is the redo.

    Args:
        repository: the store.
        commit: beginning of the id of one of trainstore's commits; the newest where none is given.

    Raises:
        NotFound: there is no such commit of trainstore's.
        StoreConflict: one of its paths has changed since.
    """
    planned = _Planned()

    def plan(head: Head) -> list[Commit]:
        with open_index(repository) as index:
            planned.event = _chosen(index, commit)
        planned.changes = changes_of_commit(repository, planned.event.commit)
        changes = _reverse(repository, str(head.commit), planned.event, planned.changes)
        return [Commit(undo_message(planned.event), tuple(changes))]

    made = commit_changes(repository, plan)[0]
    assert planned.event is not None
    with open_index(repository) as index:
        runs = [run for change in planned.changes for run in _runs_at(index, change.path)]
        current = _current(index, planned.event)
    folders = follow_tree(
        repository, [run for run in runs if run.present], [run for run in runs if not run.present]
    )
    return UndoResult(
        made,
        planned.event,
        current,
        tuple(change.path for change in planned.changes if change.new is None),
        tuple(change.path for change in planned.changes if change.old is None),
        folders,
    )


def _current(index: Index, event: Event) -> Version | None:
    if event.model_name is None or event.data_type is None:
        return None
    return current_version(index.versions(event.data_type, event.model_name))


def _chosen(index: Index, commit: str | None) -> Event:
    if commit is not None:
        event = resolve_event(index, commit)
    else:
        events = index.events(limit=1)
        if not events:
            raise NotFound("There is nothing to undo.")
        event = events[0]
    if event.action == "init":
        raise UsageError("Making the store cannot be undone.", "Remove the folder, if that is what you want.")
    return event


def _reverse(repository: Repository, head: str, event: Event, changes: list[PathChange]) -> list[Change]:
    now = _files_at(repository, head, [change.path for change in changes]) if changes else {}
    for change in changes:
        if now.get(change.path) != change.new:
            raise StoreConflict(
                f"{change.path!r} has changed since commit {event.commit[:10]}.",
                "Undo the later change first: trainstore history shows it.",
            )
    contents = read_blobs(repository.root, [change.old for change in changes if change.old])
    return [
        Write(change.path, contents[change.old]) if change.old else Remove(change.path) for change in changes
    ]


def _files_at(repository: Repository, head: str, paths: list[str]) -> dict[str, str]:
    """Return the blob id of each of some paths in a commit, and perhaps those of others."""
    tops = sorted({path.partition("/")[0] for path in paths})
    return list_tree(repository.root, head, paths if len(paths) <= _MOST_PATHS_NAMED else tops)


def _runs_at(index: Index, path: str) -> list[RunEntry]:
    folder, _, name = path.rpartition("/")
    return index.runs_in(folder) if name == "run.json" else []
