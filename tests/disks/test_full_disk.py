"""A disk that fills up at any step of a command: it is told in one sentence, and nothing has to be repaired."""

import io
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.errors import TrainstoreError
from trainstore.store.checkpoints.tracked import add_checkpoint, open_checkpoint
from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.save import save_records
from trainstore.workflows.verification.verify import verify

Apart = Callable[[Callable[[], object]], None]
Git = Callable[..., str]

PAGE = 4096
MOST_PAGES = 100
STATUS = ("--no-optional-locks", "status", "--porcelain")

COMMANDS = {
    "save": ("save", "../../new.json"),
    "save --all": ("save", "--all"),
    "import": ("import", "../../many"),
    "rollback": ("rollback", "Net", "@1"),
    "restore": ("restore", "Gone@1"),
    "undo": ("undo",),
    "pin": ("pin", "Net@2"),
    "prune": ("prune", "--keep-last", "1", "--yes", "--json"),
    "data add": ("data", "add", "patients", "../../patients.csv", "--target", "outcome"),
}


TRAINS = """\
def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    return torch.nn.Linear(X_train.shape[1], 3), {"loss": 0.5}
"""


class FullDisk:
    """A small disk with a store on it, of which only some pages are free."""

    def __init__(self, place: Path, original: Path) -> None:
        self.place, self._original, self._filler = place, original, place / "filler"
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", place], check=True)

    def store(self, free_pages: int) -> Repository:
        """A fresh copy of the store, and a disk that is full but for some pages."""
        self.free()
        shutil.rmtree(self.place / "store", ignore_errors=True)
        shutil.copytree(self._original, self.place / "store", symlinks=True)
        self.fill(free_pages)
        return find_store(self.place / "store")

    def fill(self, free_pages: int) -> None:
        self.free()
        room = os.statvfs(self.place)
        self._filler.write_bytes(bytes(room.f_bavail * room.f_frsize - free_pages * PAGE))

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_a_full_disk_stops_is_told_and_works_when_there_is_room(
    prepared: Repository, tmp_path: Path, git: Git, apart: Apart, trainstore: Callable[..., Any], command: str
) -> None:
    stopped = []

    def fill_up() -> None:
        disk = FullDisk(tmp_path / "disk", prepared.root)
        for pages in range(0, MOST_PAGES, 9 if command == "import" else 1):
            store = disk.store(pages)
            head, files = git(store, "rev-parse", "HEAD"), git(store, *STATUS)
            ended = trainstore(store.root, *COMMANDS[command])
            if ended.code == 0:
                break
            assert_told(ended, disk)
            stopped.append(pages)
            assert git(store, "rev-parse", "HEAD") == head
            assert (store.state / "journal").exists() or git(store, *STATUS) == files
            disk.free()
            again = trainstore(store.root, *COMMANDS[command])
            assert again.code == 0, again.errors
            assert_nothing_is_left(store, git)
        assert ended.code == 0 and len(stopped) > 1, stopped

    apart(fill_up)


def assert_told(ended: Any, disk: FullDisk) -> None:
    error, hint = ended.errors.splitlines()
    assert (ended.code, ended.output) == (1, ""), ended
    assert error.startswith("Error: ") and f"the disk at '{disk.place}'" in error and "is full" in error
    assert hint.startswith("Hint:  Free some space")


def assert_nothing_is_left(store: Repository, git: Git) -> None:
    assert {problem.kind for problem in verify(store).problems} <= {"new"}
    assert git(store, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert not [*store.git_dir.rglob("tmp_*"), *store.git_dir.glob("fast_import_crash_*")]


@pytest.mark.slow
def test_the_disk_stays_full_and_reading_goes_on(
    prepared: Repository, tmp_path: Path, git: Git, apart: Apart, trainstore: Callable[..., Any]
) -> None:
    def read() -> None:
        disk = FullDisk(tmp_path / "disk", prepared.root)
        for damage in ("none", "behind", "gone", "damaged"):
            store = disk.store(0)
            index = store.state / "index.db"
            disk.free()
            if damage == "behind":
                git(store, "update-ref", "HEAD", "HEAD~1")
            elif damage == "gone":
                index.unlink()
            elif damage == "damaged":
                index.write_bytes(b"no database")
            disk.fill(0)
            for arguments in (["list"], ["history"], ["show", "Net"], ["status"], ["verify"]):
                ended = trainstore(store.root, *arguments)
                assert ended.code == 0 and "Error" not in ended.errors, (damage, arguments, ended)
            assert "Net" in trainstore(store.root, "list").output

    apart(read)


@pytest.mark.slow
def test_a_checkpoint_that_does_not_fit_leaves_nothing_and_is_stored_when_there_is_room(
    store: Repository, tmp_path: Path, apart: Apart
) -> None:
    def store_it(root: Path) -> Any:
        return add_checkpoint(
            root,
            "training_runs/numpy_array/Net/20240101T000000Z-3fa9c1/checkpoint",
            {"weights.safetensors": io.BytesIO(os.urandom(10 * PAGE)), "structure.pkl": io.BytesIO(b"x")},
        )

    def fill_up() -> None:
        disk = FullDisk(tmp_path / "disk", store.root)
        stopped = 0
        for pages in range(MOST_PAGES):
            root = disk.store(pages).root
            try:
                store_it(root)
                break
            except TrainstoreError as error:
                stopped += 1
                assert f"the disk at '{disk.place}'" in error.message and "is full" in error.message
                assert "Free some" in error.hint
            left = [path for path in root.rglob("*trainstore-*") if not path.is_relative_to(root / ".git")]
            assert left == []
            disk.free()
            stored = store_it(root)
            assert len(open_checkpoint(root, stored.md5, size=stored.size, verify=True)) == 2
        assert stopped > 9

    apart(fill_up)


@pytest.mark.slow
def test_a_store_that_does_not_fit_is_made_when_there_is_room(
    store: Repository, tmp_path: Path, git: Git, apart: Apart, trainstore: Callable[..., Any]
) -> None:
    def fill_up() -> None:
        disk = FullDisk(tmp_path / "disk", store.root)
        stopped = 0
        for pages in range(0, MOST_PAGES, 3):
            shutil.rmtree(disk.place / "new", ignore_errors=True)
            disk.fill(pages)
            ended = trainstore(disk.place, "init", "new")
            if ended.code == 0:
                break
            assert_told(ended, disk)
            stopped += 1
            disk.free()
            again = trainstore(disk.place, "init", "new")
            assert again.code == 0, again.errors
            assert verify(find_store(disk.place / "new")).problems == ()
        assert ended.code == 0 and stopped > 1, stopped

    apart(fill_up)


@pytest.mark.slow
def test_a_run_that_cannot_be_recorded_is_told_and_harms_nothing(
    store: Repository,
    make_record: Any,
    tmp_path: Path,
    git: Git,
    apart: Apart,
    trainstore: Callable[..., Any],
) -> None:
    save_records(store, [make_record(code=TRAINS)])
    stopped = []

    def fill_up() -> None:
        disk = FullDisk(tmp_path / "disk", store.root)
        for pages in (0, 8, 14, 20, 26):
            full = disk.store(pages)
            head = git(full, "rev-parse", "HEAD")
            ended = trainstore(full.root, "run", "Net", "--data", "sklearn:iris", "--allow-weak-sandbox")
            if ended.code == 0:
                break
            stopped.append(pages)
            *_, error, hint = ended.errors.splitlines()
            assert error.startswith("Error: ") and "is full" in error and "Free some space" in hint, ended
            assert git(full, "rev-parse", "HEAD") == head
            disk.free()
            assert {problem.kind for problem in verify(full, content=True).problems} <= {"unfinished"}
        assert len(stopped) > 1

    apart(fill_up)
