"""What the real dvc program makes of what trainstore wrote."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.disk_format.dvc_files import worktree_cache_config
from trainstore.errors import CheckpointMissing
from trainstore.store.checkpoints.tracked import (
    Checkpoint,
    checkout_checkpoint,
    open_checkpoint,
    remove_checkpoint,
)

FOLDER = "training_runs/numpy_array/Net/20240101T000000Z-0a1b2c/checkpoint"
FILES = {"weights.safetensors": b"w" * 3_000_000, "structure.pkl": b"s" * 10}
Add = Callable[..., Checkpoint]
Cached = Callable[[], list[Path]]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def damage(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(0o444)


def dvc(root: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"dvc {arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkpoint(store: Path, add: Add) -> Checkpoint:
    """A checkpoint whose pointer is committed."""
    checkpoint = add(FOLDER)
    (store / f"{FOLDER}.dvc").write_bytes(checkpoint.pointer)
    git(store, "init", "-q")
    git(store, "add", "--all")
    git(store, "commit", "-qm", "run")
    return checkpoint


def test_dvc_finds_a_checkpoint_as_if_it_had_added_it(store: Path, checkpoint: Checkpoint) -> None:
    assert git(store, "ls-files", "training_runs").splitlines() == [f"{FOLDER}.dvc"]
    assert "up to date" in dvc(store, "status")
    before = (store / FOLDER / "structure.pkl").stat()
    dvc(store, "add", FOLDER)
    assert (store / f"{FOLDER}.dvc").read_bytes() == checkpoint.pointer
    assert git(store, "status", "--porcelain") == ""
    assert (store / FOLDER / "structure.pkl").stat().st_ino == before.st_ino


@pytest.mark.slow
def test_dvc_checks_out_and_collects_garbage_as_usual(
    store: Path, checkpoint: Checkpoint, cached: Cached
) -> None:
    assert "No changes" in dvc(store, "data", "status")
    assert dvc(store, "checkout").strip() in {"", "Everything is up to date."}
    assert remove_checkpoint(store, FOLDER, checkpoint.md5) == ()
    dvc(store, "checkout")
    assert contents(store / FOLDER) == FILES
    passing = store / ".dvc/cache/files/md5/.trainstore-other.tmp"
    passing.write_bytes(b"another process is writing this")
    dvc(store, "gc", "-w", "-f")
    assert len(cached()) == 4
    checkout_checkpoint(store, FOLDER, checkpoint.md5)
    (store / f"{FOLDER}.dvc").unlink()
    dvc(store, "gc", "-w", "-f")
    assert cached() == [passing]


@pytest.mark.slow
def test_a_remote_restores_what_was_lost_and_what_was_damaged(
    store: Path, tmp_path: Path, checkpoint: Checkpoint
) -> None:
    dvc(store, "remote", "add", "-d", "backup", str(tmp_path / "remote"))
    dvc(store, "push")
    shutil.rmtree(store / ".dvc/cache")
    shutil.rmtree(store / FOLDER)
    dvc(store, "pull")
    assert contents(store / FOLDER) == FILES
    objects = open_checkpoint(store, checkpoint.md5, size=checkpoint.size, verify=True)
    damage(objects["structure.pkl"], b"damaged!!!")
    with pytest.raises(CheckpointMissing) as raised:
        open_checkpoint(store, checkpoint.md5, verify=True)
    assert raised.value.hint == f"Delete {str(objects['structure.pkl'])!r}, then: dvc fetch"
    objects["structure.pkl"].unlink()
    dvc(store, "fetch")
    open_checkpoint(store, checkpoint.md5, verify=True)


@pytest.mark.slow
def test_a_linked_worktree_shares_the_main_cache(store: Path, tmp_path: Path, checkpoint: Checkpoint) -> None:
    other = tmp_path / "linked, worktree"
    git(store, "worktree", "add", "-q", "--detach", str(other))
    (other / ".dvc/config.local").write_text(worktree_cache_config(store))
    checkout_checkpoint(other, FOLDER, checkpoint.md5)
    assert (other / FOLDER / "structure.pkl").samefile(store / FOLDER / "structure.pkl")
    assert "up to date" in dvc(other, "status")
    assert dvc(other, "cache", "dir").strip() == str(store / ".dvc/cache")
    assert git(other, "status", "--porcelain") == ""
