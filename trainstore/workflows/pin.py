"""Pinning versions: what is pinned is never pruned, and its checkpoints are never reclaimed."""

from dataclasses import dataclass

from trainstore.disk_format.layout import pin_path
from trainstore.store.git.changes import Change, Commit, Remove, Write
from trainstore.store.git.read import list_tree
from trainstore.store.git.repository import Head, Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.store.messages import pin_message
from trainstore.store.resolve import resolve_version
from trainstore.store.writing.transaction import commit_changes


@dataclass(frozen=True)
class PinResult:
    """What a pin or unpin did; ``commit`` is None where it was so already."""

    commit: str | None
    version: Version


def pin(repository: Repository, name: str, reason: str = "") -> PinResult:
    """Pin a version. Raises NotFound."""
    return _set(repository, name, "pin", reason)


def unpin(repository: Repository, name: str) -> PinResult:
    """Take a version's pin away. Raises NotFound."""
    return _set(repository, name, "unpin", "")


def _set(repository: Repository, name: str, action: str, reason: str) -> PinResult:
    with open_index(repository) as index:
        version = resolve_version(repository, index, name)
    path = pin_path(version.path)

    def plan(head: Head) -> list[Commit]:
        pinned = bool(list_tree(repository.root, str(head.commit), [path]))
        if pinned == (action == "pin"):
            return []
        change: Change = Remove(path) if pinned else Write(path, f"{reason}\n".encode(errors="replace"))
        return [Commit(pin_message(version, action, reason), (change,))]

    commits = commit_changes(repository, plan)
    return PinResult(commits[0] if commits else None, version)
