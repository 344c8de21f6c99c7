"""Which paths differ between two trees, or in one commit."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from trainstore.store.git.read import ask_git
from trainstore.store.git.repository import Repository


@dataclass(frozen=True)
class PathChange:
    """A path with its blob before and after; None is no file.

    Attributes:
        odd: whether one of the two is no plain file: one that can be executed, a link, a submodule.
    """

    path: str
    old: str | None
    new: str | None
    odd: bool = False


def changes_between(
    repository: Repository, old: str, new: str, paths: Sequence[str] = ()
) -> list[PathChange]:
    """Return the paths that differ from one commit to another, below the given ones or anywhere."""
    return _parse(ask_git(repository.root, ["diff-tree", "-r", "-z", "--no-renames", old, new, "--", *paths]))


def changes_of_commit(repository: Repository, commit: str) -> list[PathChange]:
    """Return the paths that a commit changed against its first parent; all of them where it has none."""
    output = ask_git(
        repository.root,
        [
            "diff-tree",
            "-r",
            "-z",
            "--no-renames",
            "--root",
            "--no-commit-id",
            "-m",
            "--first-parent",
            commit,
            "--",
        ],
    )
    return _parse(output)


def _parse(output: bytes) -> list[PathChange]:
    fields = output.split(b"\0")[:-1]
    changes = []
    for entry, path in zip(fields[::2], fields[1::2], strict=True):
        old_mode, mode, old, new, _ = entry.decode().removeprefix(":").split(" ")
        odd = not {old_mode, mode} <= {"000000", "100644"}
        changes.append(PathChange(os.fsdecode(path), _blob(old_mode, old), _blob(mode, new), odd))
    return changes


def _blob(mode: str, identity: str) -> str | None:
    # 000000 is no file, 160000 a submodule: its commit is none of this repository's objects
    return None if mode in ("000000", "160000") else identity
