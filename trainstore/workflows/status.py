"""What a store holds, and where its folders differ from what is committed."""

from dataclasses import dataclass
from pathlib import Path

from trainstore.disk_format.layout import checkpoint_folder, pointer_file
from trainstore.store.git.repository import Repository, read_head
from trainstore.store.index.update import open_index
from trainstore.workflows.pending import Pending, read_pending


@dataclass(frozen=True)
class Status:
    """Counts of what is in the tree, and what was done by hand.

    Attributes:
        branch: full name; None when detached.
        commit: HEAD; None on an unborn branch.
        missing_checkpoints: folders of runs in the tree that have a pointer but are not in the work tree.
    """

    root: Path
    branch: str | None
    commit: str | None
    functions: int
    versions: int
    runs: int
    pending: Pending
    missing_checkpoints: tuple[str, ...]


def read_status(repository: Repository) -> Status:
    """Return the state of a store; nothing is written."""
    head = read_head(repository)
    with open_index(repository) as index:
        counts = index.counts()
        folders = [run.folder for run in index.runs()]
    root = repository.root
    missing = tuple(
        checkpoint_folder(folder)
        for folder in folders
        if (root / pointer_file(folder)).is_file() and not (root / checkpoint_folder(folder)).is_dir()
    )
    return Status(root, head.branch, head.commit, *counts, read_pending(repository), missing)
