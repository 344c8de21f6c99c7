import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trainstore.store.git.repository import Repository

Git = Callable[..., str]


def damage_header(file: Path) -> None:
    file.write_bytes(b"not a database" * 100)


def damage_end(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def damage_all(file: Path) -> None:
    file.write_bytes(b"")


def another_schema(file: Path) -> None:
    database = sqlite3.connect(file)
    database.execute("UPDATE meta SET value = '0' WHERE key = 'schema'")
    database.execute("DROP TABLE versions")
    database.commit()
    database.close()


@pytest.mark.parametrize("damage", [damage_header, damage_end, damage_all, another_schema, Path.unlink])
def test_a_damaged_index_is_made_anew(
    store: Repository,
    save_versions: Callable[..., list[str]],
    damage: Callable[[Path], None],
    rows: Callable[..., Any],
) -> None:
    save_versions(2)
    before = rows(store)
    damage(store.state / "index.db")
    assert rows(store) == before
    assert rows(store) == before


def test_an_index_that_knows_a_commit_which_is_gone_is_made_anew(
    store: Repository,
    git: Git,
    save_versions: Callable[..., list[str]],
    rows: Callable[..., Any],
    versions: Callable[..., Any],
) -> None:
    save_versions(2)
    rows(store)
    git(store, "reset", "--quiet", "--hard", "HEAD~1")
    git(store, "reflog", "expire", "--expire=now", "--all")
    git(store, "gc", "--quiet", "--prune=now")
    assert len(versions(store)) == 1


def test_where_the_state_cannot_be_written_the_index_is_in_memory(
    store: Repository, save_versions: Callable[..., list[str]], rows: Callable[..., Any]
) -> None:
    save_versions(2)
    before = rows(store)
    shutil.rmtree(store.state)
    store.state.write_text("a file where the folder must stand")
    assert rows(store) == before
    assert store.state.read_text() == "a file where the folder must stand"


READ = """
import os, sys
from pathlib import Path
import subprocess, tempfile, trainstore.store.index.catch_up  # are loaded late, when this user may not read Python's files
from trainstore.store.index.update import open_index
from trainstore.store.git.repository import find_store
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
with open_index(find_store(Path(sys.argv[1]))) as index:
    print(*(entry.current for entry in index.functions()))
"""


@pytest.fixture
def for_all() -> Iterator[Path]:
    """A folder that every user of the machine may read; pytest's own are for one alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize("stale", [True, False])
def test_a_reader_who_may_not_write_reads_all_the_same(
    store: Repository,
    for_all: Path,
    git: Git,
    save_versions: Callable[..., Any],
    rows: Callable[..., Any],
    stale: bool,
) -> None:
    save_versions(1)
    if stale:
        rows(store)
        git(store, "commit", "--quiet", "--allow-empty", "-m", "later")
    shutil.copytree(store.root, for_all / "store")
    paths = [for_all / "store", *(for_all / "store").rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    anyone = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    ended = subprocess.run(
        [sys.executable, "-c", READ, for_all / "store"], capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], **anyone},
    )  # fmt: skip
    for path in paths:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert ended.stdout.strip() == "numpy_array/Net@1", ended.stderr
