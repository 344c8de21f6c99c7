"""A store that can only be read: reading goes on, whatever its index is like, and writing says why not."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from trainstore.errors import TrainstoreError
from trainstore.store.checkpoints.tracked import (
    add_checkpoint,
    checkout_checkpoint,
    open_checkpoint,
    remove_checkpoint,
)
from trainstore.store.git.repository import Repository

Apart = Callable[[Callable[[], object]], None]
Git = Callable[..., str]

READING = (("list",), ("history",), ("show", "Net"), ("diff", "Net@1", "Net@2"), ("runs",))
LOOKING = (("status",), ("verify",))
WRITING = (
    ("save", "../new.json"),
    ("save", "--all"),
    ("import", "../many"),
    ("rollback", "Net", "@1"),
    ("restore", "Gone@1"),
    ("undo",),
    ("pin", "Net@2"),
)


@contextmanager
def only_read(folder: Path) -> Iterator[None]:
    """Mount a folder over itself, for reading only."""
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def up_to_date(_: Repository, __: Git) -> None:
    pass


def behind(store: Repository, git: Git) -> None:
    git(store, "commit", "--quiet", "--allow-empty", "-m", "by hand")


def gone(store: Repository, _: Git) -> None:
    (store.state / "index.db").unlink()


def never_made(store: Repository, git: Git) -> None:
    for file in store.state.iterdir():
        file.unlink() if file.is_file() else file.rmdir()
    store.state.rmdir()


def damaged(store: Repository, _: Git) -> None:
    (store.state / "index.db").write_bytes(b"no database" * 1000)


def cut_off(store: Repository, _: Git) -> None:
    """As a process leaves the index that is killed in the midst of writing it."""
    index = store.state / "index.db"
    with closing(sqlite3.connect(index, isolation_level=None)) as database:
        database.execute("PRAGMA cache_size = 1")
        database.execute("BEGIN IMMEDIATE")
        database.execute("DELETE FROM versions")
        database.execute("CREATE TABLE filler AS SELECT zeroblob(100000)")
        journal = index.with_name("index.db-journal")
        kept = index.read_bytes(), journal.read_bytes()
        database.execute("ROLLBACK")
    index.write_bytes(kept[0])
    journal.write_bytes(kept[1])


@pytest.mark.slow
@pytest.mark.parametrize("index", [up_to_date, behind, gone, never_made, damaged, cut_off])
def test_reading_goes_on(
    prepared: Repository,
    git: Git,
    apart: Apart,
    trainstore: Callable[..., Any],
    index: Callable[[Repository, Git], None],
) -> None:
    expected = {arguments: trainstore(prepared.root, *arguments, "--json") for arguments in READING}
    index(prepared, git)

    def read() -> None:
        with only_read(prepared.root):
            for arguments in READING:
                assert trainstore(prepared.root, *arguments, "--json") == expected[arguments]
            for arguments in LOOKING:
                ended = trainstore(prepared.root, *arguments)
                assert (ended.code, "Error" in ended.errors) == (0, False), (arguments, ended)
        assert all(ended.code == 0 for ended in expected.values())

    apart(read)


def test_writing_says_why_not_and_changes_nothing(
    prepared: Repository, git: Git, apart: Apart, trainstore: Callable[..., Any]
) -> None:
    def write() -> None:
        with only_read(prepared.root):
            for arguments in WRITING:
                ended = trainstore(prepared.root, *arguments)
                assert (ended.code, ended.output) == (1, ""), (arguments, ended)
                error, hint = ended.errors.splitlines()
                assert error.startswith("Error: ") and str(prepared.root) in error, ended
                assert "can only be read" in error and hint.startswith("Hint: "), ended
        for arguments in WRITING:
            assert trainstore(prepared.root, *arguments).code == 0

    apart(write)


def test_a_checkpoint_says_why_it_is_not_stored(store: Repository, apart: Apart, tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"x")
    folder = "training_runs/numpy_array/Net/20240101T000000Z-3fa9c1/checkpoint"

    def write() -> None:
        with only_read(store.root), (tmp_path / "weights").open("rb") as weights:
            with pytest.raises(TrainstoreError, match="can only be read") as raised:
                add_checkpoint(store.root, folder, {"weights.safetensors": weights})
            assert raised.value.hint

    apart(write)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["", ".dvc/cache"])
def test_a_reclaim_looks_and_says_why_it_frees_nothing(
    trained_store: Repository, apart: Apart, trainstore: Callable[..., Any], part: str
) -> None:
    root = trained_store.root
    assert trainstore(root, "prune", "--keep-last", "1", "--yes").code == 0
    objects = sorted((root / ".dvc/cache").rglob("*"))

    def free() -> None:
        with only_read(root / part):
            looked = trainstore(root, "reclaim", "--now", "--dry-run")
            assert looked.code == 0 and "would go for good" in looked.output, looked
            ended = trainstore(root, "reclaim", "--now", "--yes")
            assert ended.code == 1 and "can only be read" in ended.errors, ended
            assert sorted((root / ".dvc/cache").rglob("*")) == objects
        assert "free again" in trainstore(root, "reclaim", "--now", "--yes").output

    apart(free)


def test_a_cache_that_can_only_be_read_gives_what_it_has_and_takes_nothing(
    store: Repository, apart: Apart
) -> None:
    folder = "training_runs/numpy_array/Net/20240101T000000Z-3fa9c1/checkpoint"
    added = add_checkpoint(store.root, folder, {"weights.safetensors": BytesIO(b"weights")})

    def use() -> None:
        with only_read(store.root / ".dvc/cache"):
            assert remove_checkpoint(store.root, folder, added.md5) == ()
            checkout_checkpoint(store.root, folder, added.md5)
            assert (store.root / folder / "weights.safetensors").read_bytes() == b"weights"
            with pytest.raises(TrainstoreError, match="can only be read") as raised:
                add_checkpoint(
                    store.root, folder.replace("3fa9c1", "3fa9c2"), {"weights.safetensors": BytesIO(b"x")}
                )
            assert ".dvc/cache" in raised.value.message and raised.value.hint
        assert open_checkpoint(store.root, added.md5, verify=True)

    apart(use)
