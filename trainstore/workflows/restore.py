"""Bringing back a version that left the tree, with its runs."""

from dataclasses import dataclass

from trainstore.store.git.changes import Commit
from trainstore.store.git.read import list_tree
from trainstore.store.git.repository import Head, Repository
from trainstore.store.index.entries import RunEntry, Version
from trainstore.store.index.update import open_index
from trainstore.store.messages import restore_message
from trainstore.store.resolve import current_version, resolve_version
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.run_files import CheckpointFolders, bring_back, follow_tree


@dataclass(frozen=True)
class RestoreResult:
    """What a restore did; ``commit`` is None where the version and its runs are in the tree already, ``runs`` came back."""

    commit: str | None
    target: Version
    current: Version
    runs: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    folders: CheckpointFolders


def restore(repository: Repository, name: str) -> RestoreResult:
    """Bring a version and its runs back. The current version stays the current one, unless this one is newer.

    Raises:
        NotFound: there never was such a version.
        StoreConflict: a file that would come back is there with other content.
    """
    with open_index(repository) as index:
        target = resolve_version(repository, index, name)
    came: list[RunEntry] = []
    paths: list[str] = []

    def plan(head: Head) -> list[Commit]:
        with open_index(repository) as index:
            came[:] = [run for run in index.runs_of(target.path) if not run.present]
        changes = []
        if not list_tree(repository.root, str(head.commit), [target.path]):
            changes += bring_back(repository, target.commit, [target.path])
        for run in came:
            changes += bring_back(repository, run.commit, [run.folder])
        paths[:] = [change.path for change in changes]
        return [Commit(restore_message(target), tuple(changes))] if changes else []

    commits = commit_changes(repository, plan)
    folders = follow_tree(repository, came, ())
    with open_index(repository) as index:
        current = current_version(index.versions(target.data_type, target.model_name)) or target
    commit = commits[0] if commits else None
    return RestoreResult(commit, target, current, len(came) if commits else 0, tuple(paths), (), folders)
