"""Two people, a git remote and a DVC remote that both know."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.save import save_records

Git = Callable[..., str]


class People(NamedTuple):
    """Two clones of one store, and where both share what they have."""

    ann: Repository
    ben: Repository
    git_remote: Path
    storage: Path

    def objects(self) -> dict[str, int]:
        """Return the objects of the DVC remote, each with its bytes."""
        root = self.storage / "files/md5"
        return {f"{file.parent.name}{file.name}": file.stat().st_size for file in root.glob("??/*")}

    def place(self, identity: str) -> Path:
        """Return where an object stands on the DVC remote."""
        return self.storage / "files/md5" / identity[:2] / identity[2:]


def cached(store: Repository) -> set[str]:
    """Return the ids of the objects in a store's cache."""
    return {f"{file.parent.name}{file.name}" for file in (store.root / ".dvc/cache/files/md5").glob("??/*")}


@pytest.fixture
def people(store: Repository, git: Git, tmp_path: Path) -> People:
    storage = tmp_path / "storage"
    storage.mkdir()
    config = (store.root / ".dvc/config").read_text()
    config += f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {storage}\n"
    (store.root / ".dvc/config").write_text(config)
    git(store, "commit", "--quiet", "--all", "--message", "Name the DVC remote")
    git(tmp_path, "clone", "--quiet", "--bare", store.root, "remote.git")
    for name in ("ann", "ben"):
        git(tmp_path, "clone", "--quiet", "remote.git", name)
    return People(
        find_store(tmp_path / "ann"), find_store(tmp_path / "ben"), tmp_path / "remote.git", storage
    )


@pytest.fixture(name="cached")
def cached_fixture() -> Callable[[Repository], set[str]]:
    return cached


@pytest.fixture
def save(make_record: Callable[..., Any], make_code: Callable[[int], str]) -> Callable[..., None]:
    """Save versions of a function, each of its own second and with its own code."""

    def versions(store: Repository, *seconds: int, name: str = "Net") -> None:
        records = [make_record(name, make_code(number), 1704067200 + number) for number in seconds]
        save_records(store, records)

    return versions
