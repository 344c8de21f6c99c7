"""What people did in the folders with their own hands: records dropped there, edited there, deleted there."""

import os
from dataclasses import dataclass

from trainstore.disk_format.layout import FUNCTIONS, RUNS
from trainstore.store.git.read import ask_git
from trainstore.store.git.repository import Repository


@dataclass(frozen=True)
class Pending:
    """Paths that differ from HEAD, below the folders of functions and runs.

    Attributes:
        new: records that are not in git.
        changed: tracked files with other content.
        deleted: tracked files that are gone.
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]


def read_pending(repository: Repository) -> Pending:
    """Return what differs from HEAD in the work tree."""
    output = ask_git(
        repository.root,
        ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", FUNCTIONS, RUNS],
    )
    new, changed, deleted = [], [], []
    for line in output.split(b"\0")[:-1]:
        state, path = line[:2].decode(), os.fsdecode(line[3:])
        if "D" in state:
            deleted.append(path)
        elif state == "??" or state[0] == "A":
            if path.endswith(".json") and path.startswith(f"{FUNCTIONS}/"):
                new.append(path)
        else:
            changed.append(path)
    return Pending(tuple(new), tuple(changed), tuple(deleted))
