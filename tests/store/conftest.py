"""Writing to a store in short words, and what its index says."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.store.git.changes import Change, Commit, Write
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.store.writing.transaction import commit_changes

Git = Callable[..., str]
TABLES = ("events", "versions", "runs")


@pytest.fixture
def commit() -> Callable[..., list[str]]:
    """Commit changes as one action."""

    def run(repository: Repository, *changes: Change, message: str = "change\n") -> list[str]:
        return commit_changes(repository, lambda _: [Commit(message, changes)])

    return run


@pytest.fixture
def write() -> Callable[..., list[str]]:
    """Commit one file."""

    def run(
        repository: Repository, path: str, content: bytes = b"x\n", message: str = "write\n"
    ) -> list[str]:
        return commit_changes(repository, lambda _: [Commit(message, (Write(path, content),))])

    return run


@pytest.fixture
def state(git: Git) -> Callable[[Repository], dict[str, str]]:
    """Everything of a store that a refused write must leave as it was."""

    def read(repository: Repository) -> dict[str, str]:
        files = {
            str(file.relative_to(repository.root)): file.read_bytes()
            for file in sorted(repository.root.rglob("*"))
            if file.is_file() and ".git" not in file.relative_to(repository.root).parts
        }
        return {
            "files": repr(files),
            "references": git(repository, "for-each-ref"),
            "index": git(repository, "ls-files", "--stage"),
            "status": git(repository, "status", "--porcelain", "--untracked-files=all"),
            "journal": str((repository.state / "journal").exists()),
        }

    return read


@pytest.fixture
def by_hand(git: Git) -> Callable[[Repository, str, bytes], str]:
    """Commit a file with plain git, and return the commit."""

    def run(repository: Repository, path: str, content: bytes) -> str:
        (repository.root / path).parent.mkdir(parents=True, exist_ok=True)
        (repository.root / path).write_bytes(content)
        git(repository, "add", "--force", path)
        git(repository, "commit", "--quiet", "-m", "by hand")
        return git(repository, "rev-parse", "HEAD")

    return run


@pytest.fixture
def versions() -> Callable[[Repository], list[tuple[str, bool]]]:
    """The versions of numpy_array/Net, and whether each is in the tree."""

    def read(repository: Repository) -> list[tuple[str, bool]]:
        with open_index(repository) as index:
            return [(str(version), version.present) for version in index.versions("numpy_array", "Net")]

    return read


@pytest.fixture
def rows() -> Callable[[Repository], dict[str, list[Any]]]:
    """Everything that the index says, brought up to date."""
    return _rows


@pytest.fixture
def rebuilt() -> Callable[[Repository], dict[str, list[Any]]]:
    """Everything that an index made anew says."""

    def read(repository: Repository) -> dict[str, list[Any]]:
        kept = repository.state.with_name("kept")
        shutil.copytree(repository.state, kept)
        (repository.state / "index.db").unlink()
        try:
            return _rows(repository)
        finally:
            shutil.rmtree(repository.state)
            kept.rename(repository.state)

    return read


def _rows(repository: Repository) -> dict[str, list[Any]]:
    with open_index(repository) as index:
        return {
            table: sorted(index._database.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES
        }
