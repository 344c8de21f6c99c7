"""Finding the store: the git repository at or above a folder that holds trainstore's two folders."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from trainstore.disk_format.layout import FUNCTIONS, STATE
from trainstore.errors import GitFailed, StoreNotFound
from trainstore.store.git.read import ask_git, try_git

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HINT = "Make one here with: trainstore init"


class Repository(NamedTuple):  # every command loads it, and `dataclasses` would take longer than all of this
    """A git repository with a work tree.

    Attributes:
        root: the top of the work tree.
        git_dir: where this work tree's HEAD and index are; a linked worktree has its own.
        common_dir: where its references and objects are; the main work tree's git directory.
    """

    root: Path
    git_dir: Path
    common_dir: Path

    @property
    def state(self) -> Path:
        """The folder of what is derived or passing: index, journal, lock."""
        return self.git_dir / STATE

    @property
    def main_root(self) -> Path | None:
        """The work tree that a linked worktree was made from; None elsewhere, and where that one is bare."""
        linked = self.git_dir != self.common_dir
        return self.common_dir.parent if linked and self.common_dir.name == ".git" else None

    def is_store(self) -> bool:
        """Tell whether the repository holds a store."""
        return (self.root / ".dvc").is_dir() and (self.root / FUNCTIONS).is_dir()


class Head(NamedTuple):
    """What HEAD was at one moment.

    Attributes:
        commit: full id; None on an unborn branch.
        branch: full name of the branch; None when detached.
    """

    commit: str | None
    branch: str | None


def find_repository(start: Path) -> Repository | None:
    """Return the git repository around a folder, or None.

    Raises:
        GitFailed: git is missing or refuses, the folder is not there, or there is no work tree around it.
    """
    plain = _find_plain(start)
    if plain is not None:
        return plain
    try:
        output = ask_git(start, ["rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir"])
    except GitFailed as error:
        if "not a git repository" in error.message:
            return None
        raise
    top, git_dir, common_dir = os.fsdecode(output).rstrip("\n").rsplit("\n", 2)
    return Repository(Path(top), Path(git_dir), (start / common_dir).resolve())


def _find_plain(start: Path) -> Repository | None:
    """Find a repository as `git init` makes it, which costs no process; None for all else, of which git knows."""
    folder = Path(os.path.realpath(start))
    if ".git" in folder.parts or "GIT_CEILING_DIRECTORIES" in os.environ or not folder.is_dir():
        return None
    device = folder.stat().st_dev
    for root in (folder, *folder.parents):
        git_dir = root / ".git"
        if os.path.lexists(git_dir) or (root / "HEAD").exists() or root.stat().st_dev != device:
            return Repository(root, git_dir, git_dir) if _is_plain(git_dir) else None
    return None


def _is_plain(git_dir: Path) -> bool:
    try:
        config = (git_dir / "config").read_bytes().lower()
        ours = git_dir.lstat().st_uid == git_dir.parent.lstat().st_uid == os.geteuid()  # else git may refuse
    except OSError:
        return False
    plain = (
        b"worktree" not in config
        and b"include" not in config
        and config.count(b"bare") == config.count(b"bare = false")
    )
    whole = all((git_dir / name).exists() for name in ("HEAD", "objects", "refs"))
    return ours and plain and whole and not git_dir.is_symlink()


def find_store(start: Path) -> Repository:
    """Return the store around a folder.

    Raises:
        StoreNotFound: no git repository, or one without a store.
    """
    try:
        repository = find_repository(start)
    except GitFailed as error:
        if start.is_dir():
            raise
        raise StoreNotFound(f"There is no folder {str(start)!r}.", _HINT) from error
    if repository is None:
        raise StoreNotFound(
            f"{str(start.resolve())!r} is not inside a store: there is no git repository.", _HINT
        )
    if not repository.is_store():
        raise StoreNotFound(f"The git repository {str(repository.root)!r} holds no store.", _HINT)
    return repository


def read_head(repository: Repository) -> Head:
    """Return the commit and branch that HEAD names now.

    Raises:
        GitFailed: HEAD, or its branch, is damaged.
    """
    return _head_in_files(repository) or _head_by_git(repository)


def _head_in_files(repository: Repository) -> Head | None:
    """Read HEAD as git lays it out, which costs no process; None for all but a plain commit or a born branch."""
    head = _read_reference(repository.git_dir / "HEAD")
    if head is None or _COMMIT.fullmatch(head):
        return Head(head, None) if head else None
    branch = head.removeprefix("ref: ")
    if not branch.startswith("refs/heads/"):
        return None
    # Loose first: git packs a reference before it removes the loose one.
    commit = _read_reference(repository.common_dir / branch) or _packed_reference(repository, branch)
    return Head(commit, branch) if commit and _COMMIT.fullmatch(commit) else None


def _read_reference(file: Path) -> str | None:
    try:
        return None if file.is_symlink() else os.fsdecode(file.read_bytes()).rstrip("\n")
    except OSError:
        return None


def _packed_reference(repository: Repository, name: str) -> str | None:
    lines = f"{_read_reference(repository.common_dir / 'packed-refs') or ''}\n"
    before, found, _ = lines.partition(f" {name}\n")
    return before.rpartition("\n")[2] if found else None


def _is_there(repository: Repository, name: str) -> bool:
    return (repository.common_dir / name).is_file() or _packed_reference(repository, name) is not None


def _head_by_git(repository: Repository) -> Head:
    branch = try_git(repository.root, ["symbolic-ref", "--quiet", "HEAD"])
    commit = try_git(repository.root, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
    if commit is None and (branch is None or _is_there(repository, os.fsdecode(branch).rstrip("\n"))):
        raise GitFailed("HEAD leads to no commit that can be read.", "See what is damaged: trainstore verify")
    return Head(
        commit.decode().strip() if commit else None,
        os.fsdecode(branch).rstrip("\n") if branch else None,
    )
