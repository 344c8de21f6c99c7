"""What the real dvc program, the installed one and the lowest allowed, makes of what trainstore wrote."""

import json
import shutil
import subprocess
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

pytestmark = pytest.mark.slow  # each command takes a second, and the lowest DVC has to be installed once

ROOT = Path(__file__).parents[3]
FOLDER = "training_runs/numpy_array/Net/20240101T000000Z-0a1b2c/checkpoint"
SECOND = "training_runs/numpy_array/Net/20240102T000000Z-3d4e5f/checkpoint"
FILES = {"weights.safetensors": b"w" * 3_000_000, "structure.pkl": b"s" * 10}
Add = Callable[..., Checkpoint]
Cached = Callable[[], list[Path]]
Dvc = Callable[..., str]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def damage(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(0o444)


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


@pytest.fixture(params=["the store", "a linked worktree"])
def root(request: pytest.FixtureRequest, store: Path, tmp_path: Path, checkpoint: Checkpoint) -> Path:
    """Where dvc works: in the store that has the checkpoint, or in a worktree that shares its cache."""
    if request.param == "the store":
        return store
    other = tmp_path / "linked, worktree"
    git(store, "worktree", "add", "-q", "--detach", str(other))
    (other / ".dvc/config.local").write_text(worktree_cache_config(store))
    checkout_checkpoint(other, FOLDER, checkpoint.md5)
    return other


def test_dvc_finds_a_checkpoint_as_if_it_had_added_it(
    root: Path, store: Path, checkpoint: Checkpoint, dvc: Dvc
) -> None:
    assert dvc(root, "cache", "dir").strip() == str(store / ".dvc/cache")
    assert (root / FOLDER / "structure.pkl").samefile(store / FOLDER / "structure.pkl")
    assert git(root, "ls-files", "training_runs").splitlines() == [f"{FOLDER}.dvc"]
    assert "up to date" in dvc(root, "status")
    assert "No changes" in dvc(root, "data", "status")
    before = (root / FOLDER / "structure.pkl").stat()
    dvc(root, "add", FOLDER)
    assert (root / f"{FOLDER}.dvc").read_bytes() == checkpoint.pointer
    assert git(root, "status", "--porcelain") == ""
    assert (root / FOLDER / "structure.pkl").stat().st_ino == before.st_ino


def test_dvc_checks_out_and_collects_garbage_as_usual(
    root: Path, store: Path, checkpoint: Checkpoint, cached: Cached, dvc: Dvc
) -> None:
    assert dvc(root, "checkout").strip() in {"", "Everything is up to date."}
    assert remove_checkpoint(root, FOLDER, checkpoint.md5) == ()
    dvc(root, "checkout")
    assert contents(root / FOLDER) == FILES
    passing = store / ".dvc/cache/files/md5/.trainstore-other.tmp"
    passing.write_bytes(b"another process is writing this")
    dvc(root, "gc", "-w", "-f")
    assert len(cached()) == 4
    checkout_checkpoint(root, FOLDER, checkpoint.md5)
    (root / f"{FOLDER}.dvc").unlink()
    dvc(root, "gc", "-w", "-f")
    assert cached() == [passing]


def test_a_remote_restores_what_was_lost_and_what_was_damaged(
    root: Path, store: Path, tmp_path: Path, checkpoint: Checkpoint, dvc: Dvc
) -> None:
    dvc(root, "remote", "add", "-d", "backup", str(tmp_path / "remote"))
    dvc(root, "push")
    shutil.rmtree(store / ".dvc/cache")
    shutil.rmtree(root / FOLDER)
    dvc(root, "pull")
    assert contents(root / FOLDER) == FILES
    objects = open_checkpoint(root, checkpoint.md5, size=checkpoint.size, verify=True)
    damage(objects["structure.pkl"], b"damaged!!!")
    with pytest.raises(CheckpointMissing) as raised:
        open_checkpoint(root, checkpoint.md5, verify=True)
    assert raised.value.hint == f"Delete {str(objects['structure.pkl'])!r}, then: dvc fetch"
    objects["structure.pkl"].unlink()
    dvc(root, "fetch")
    open_checkpoint(root, checkpoint.md5, verify=True)


def test_dvc_tells_what_differs_between_two_commits(root: Path, add: Add, dvc: Dvc) -> None:
    def differing() -> dict[str, list[str]]:
        told = json.loads(dvc(root, "diff", "--json", "HEAD~1", "HEAD"))
        folders = {kind: [entry["path"] for entry in told[kind]] for kind in ("added", "deleted", "modified")}
        return {kind: [path for path in paths if path.endswith("/")] for kind, paths in folders.items()}

    second = add(SECOND, {"weights.safetensors": b"v" * 1000})
    (root / SECOND).parent.mkdir(parents=True, exist_ok=True)
    (root / f"{SECOND}.dvc").write_bytes(second.pointer)
    git(root, "add", "--all")
    git(root, "commit", "-qm", "another run")
    assert differing() == {"added": [f"{SECOND}/"], "deleted": [], "modified": []}
    git(root, "rm", "-q", f"{FOLDER}.dvc")
    git(root, "commit", "-qm", "prune")
    assert differing() == {"added": [], "deleted": [f"{FOLDER}/"], "modified": []}


WRITE = """\
import sys
from io import BytesIO
from pathlib import Path
from trainstore.store.checkpoints.tracked import add_checkpoint, checkout_checkpoint, remove_checkpoint

files = {"weights.safetensors": BytesIO(b"w" * 3_000_000), "structure.pkl": BytesIO(b"s" * 10)}
store, folder = Path(sys.argv[1]), sys.argv[2]
added = add_checkpoint(store, folder, files)
assert remove_checkpoint(store, folder, added.md5) == ()
checkout_checkpoint(store, folder, added.md5)
(store / f"{folder}.dvc").write_bytes(added.pointer)
"""


def test_the_lowest_dvc_allowed_has_trainstore_write_what_both_accept(
    store: Path, add: Add, cached: Cached, lowest_python: Path, dvc: Dvc, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = add(FOLDER)
    objects = {path.relative_to(store): path.read_bytes() for path in cached()}
    shutil.rmtree(store / ".dvc/cache")
    shutil.rmtree(store / FOLDER)
    git(store, "init", "-q")
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        subprocess.run([lowest_python, "-c", WRITE, store, FOLDER], check=True)
    assert {path.relative_to(store): path.read_bytes() for path in cached()} == objects
    assert (store / f"{FOLDER}.dvc").read_bytes() == expected.pointer
    assert contents(store / FOLDER) == FILES
    assert "up to date" in dvc(store, "status")
    dvc(store, "gc", "-w", "-f")
    assert len(cached()) == 3
