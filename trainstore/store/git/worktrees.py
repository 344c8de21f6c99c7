"""The work trees of a repository: the main one and those linked to it."""

import os
from pathlib import Path
from typing import NamedTuple

from trainstore.errors import GitFailed
from trainstore.store.git.read import ask_git, examine_with_git, try_git
from trainstore.store.git.repository import Repository


class Worktree(NamedTuple):
    """A work tree.

    Attributes:
        root: its top; None where git does not know, as with a main work tree whose git directory was moved out of it.
        git_dir: where its HEAD and index are.
        locked: whether git was told that it may be away for a while, on a disk that is not here.
    """

    root: Path | None
    git_dir: Path
    locked: bool = False

    @property
    def is_here(self) -> bool:
        """Whether its files can be looked at."""
        return self.root is not None and self.root.is_dir()


def worktrees(repository: Repository) -> list[Worktree]:
    """Return every work tree of a repository, the one at hand first."""
    own = Worktree(repository.root, repository.git_dir)
    others = [
        tree for tree in _linked(repository.common_dir) if tree.git_dir.resolve() != own.git_dir.resolve()
    ]
    main = _main(repository)
    return [own, *([main] if main else []), *others]


def head_commit(worktree: Worktree, repository: Repository) -> str | None:
    """Return the commit that a work tree's HEAD names; None on an unborn branch. It need not be there."""
    found = try_git(
        repository.root, [f"--git-dir={worktree.git_dir}", "rev-parse", "--verify", "--quiet", "HEAD"]
    )
    return found.decode().strip() if found else None


def staged_files(worktree: Worktree, repository: Repository) -> list[tuple[str, str]]:
    """Return the (path, blob) of each file that a work tree's index holds; of one in conflict, every side.

    Raises:
        GitFailed: the index is damaged.
    """
    listed = ask_git(repository.root, [f"--git-dir={worktree.git_dir}", "ls-files", "-s", "-z"])
    files = []
    for line in os.fsdecode(listed).split("\0")[:-1]:
        entry, _, path = line.partition("\t")
        mode, blob, _ = entry.split(" ")
        if mode != "160000":
            files.append((path, blob))
    return files


def _main(repository: Repository) -> Worktree | None:
    """Return the main work tree as a linked one sees it; None from the main one itself, and where it is bare."""
    common = repository.common_dir
    if repository.git_dir.resolve() == common.resolve():
        return None
    bare = examine_with_git(common, [f"--git-dir={common}", "rev-parse", "--is-bare-repository"])
    if bare.exit_code != 0:
        raise GitFailed(f"The repository {str(common)!r} cannot be read.", "See: git status")
    if bare.output.strip() == b"true":
        return None
    if common.name == ".git":
        return Worktree(common.parent, common)
    told = try_git(common, [f"--git-dir={common}", "config", "--path", "core.worktree"])
    return Worktree((common / os.fsdecode(told).rstrip("\n")).resolve() if told else None, common)


def _linked(common_dir: Path) -> list[Worktree]:
    found = []
    for git_dir in sorted((common_dir / "worktrees").glob("*/")):
        try:
            place = os.fsdecode((git_dir / "gitdir").read_bytes()).rstrip("\n")
        except OSError:
            place = ""
        root = (git_dir / place).parent.resolve() if place else None
        found.append(Worktree(root, git_dir, (git_dir / "locked").exists()))
    return found
