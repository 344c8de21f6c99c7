import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from trainstore.errors import CheckpointMissing, InvalidRecord, StoreConflict, UsageError
from trainstore.store.checkpoints.tracked import (
    Checkpoint,
    checkout_checkpoint,
    open_checkpoint,
    remove_checkpoint,
)

RUN = "training_runs/numpy_array/Net/20240101T000000Z-0a1b2c"
FOLDER = f"{RUN}/checkpoint"
FILES = {"weights.safetensors": b"w" * 3_000_000, "structure.pkl": b"s" * 10}
Add = Callable[..., Checkpoint]
Cached = Callable[[], list[Path]]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def damage(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(0o444)


# Refusing


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/etc/x", "a\\b", ".hidden", "a\n", "-rf", "é", "x" * 300, "a b"]
)
def test_a_name_that_is_not_plain_is_refused(store: Path, name: str, add: Add, cached: Cached) -> None:
    with pytest.raises(UsageError):
        add(files={name: b"x"})
    assert cached() == []


def test_a_checkpoint_without_files_is_refused(store: Path, add: Add) -> None:
    with pytest.raises(UsageError):
        add(files={})


@pytest.mark.parametrize(
    "folder", ["../checkpoint", "/tmp/checkpoint", "a/../../checkpoint", "link/checkpoint"]
)
def test_a_folder_outside_the_store_is_refused(store: Path, folder: str, add: Add) -> None:
    (store / "link").symlink_to(store.parent)
    with pytest.raises(StoreConflict):
        add(folder)


def test_a_folder_that_is_a_link_is_refused(store: Path, add: Add) -> None:
    (store / RUN).mkdir(parents=True)
    (store / FOLDER).symlink_to(store.parent)
    with pytest.raises(StoreConflict):
        add()


def test_a_folder_of_another_name_is_refused_for_git_would_not_ignore_it(store: Path, add: Add) -> None:
    with pytest.raises(UsageError):
        add(f"{RUN}/weights")


def test_other_files_in_the_folder_are_left_as_they_are(store: Path, add: Add) -> None:
    (store / FOLDER).mkdir(parents=True)
    (store / FOLDER / "notes.txt").write_text("mine")
    with pytest.raises(StoreConflict, match=r"notes\.txt"):
        add()
    assert contents(store / FOLDER) == {"notes.txt": b"mine"}


# Removing and restoring


@pytest.mark.parametrize("kind", ["reflink,hardlink,copy", "hardlink", "copy", "symlink"])
def test_each_kind_of_link_is_made_removed_and_restored(
    store: Path, kind: str, add: Add, cached: Cached
) -> None:
    (store / ".dvc/config").write_text(f'[cache]\n    type = "{kind}"\n')
    checkpoint = add()
    assert contents(store / FOLDER) == FILES
    assert (store / FOLDER / "structure.pkl").is_symlink() == (kind == "symlink")
    if kind in {"copy", "hardlink"}:
        assert (store / FOLDER / "structure.pkl").stat().st_nlink == (2 if kind == "hardlink" else 1)
    assert remove_checkpoint(store, FOLDER, checkpoint.md5) == ()
    assert not (store / FOLDER).exists()
    assert len(cached()) == 3
    checkout_checkpoint(store, FOLDER, checkpoint.md5)
    assert contents(store / FOLDER) == FILES
    assert list((store / ".dvc/tmp").iterdir()) == []


def test_removing_what_is_not_there_is_done(store: Path, add: Add) -> None:
    checkpoint = add()
    shutil.rmtree(store / RUN)
    assert remove_checkpoint(store, FOLDER, checkpoint.md5) == ()


def test_a_file_that_the_cache_does_not_hold_keeps_the_whole_folder(store: Path, add: Add) -> None:
    checkpoint = add()
    (store / FOLDER / "notes.txt").write_text("mine")
    (store / FOLDER / "structure.pkl").unlink()
    (store / FOLDER / "structure.pkl").write_bytes(b"t" * 10)
    before = contents(store / FOLDER)
    assert remove_checkpoint(store, FOLDER, checkpoint.md5) == ("notes.txt", "structure.pkl")
    assert contents(store / FOLDER) == before


@pytest.mark.parametrize("lost", ["weights.safetensors", None])
def test_the_last_copy_is_not_removed(store: Path, lost: str | None, add: Add) -> None:
    checkpoint = add()
    objects = open_checkpoint(store, checkpoint.md5)
    folder_object = store / ".dvc/cache/files/md5" / checkpoint.md5[:2] / checkpoint.md5[2:]
    (objects[lost] if lost else folder_object).unlink()
    assert "weights.safetensors" in remove_checkpoint(store, FOLDER, checkpoint.md5)
    assert contents(store / FOLDER) == FILES


def test_a_checkout_over_the_same_files_changes_nothing(store: Path, add: Add) -> None:
    checkpoint = add()
    before = (store / FOLDER / "structure.pkl").stat()
    checkout_checkpoint(store, FOLDER, checkpoint.md5)
    assert (store / FOLDER / "structure.pkl").stat() == before


def test_a_checkout_completes_a_folder(store: Path, add: Add) -> None:
    checkpoint = add()
    (store / FOLDER / "structure.pkl").unlink()
    checkout_checkpoint(store, FOLDER, checkpoint.md5)
    assert contents(store / FOLDER) == FILES


def test_a_checkout_does_not_overwrite(store: Path, add: Add) -> None:
    checkpoint = add()
    mine = store / FOLDER / "structure.pkl"
    mine.unlink()
    mine.write_bytes(b"mine")
    with pytest.raises(StoreConflict, match=r"structure\.pkl"):
        checkout_checkpoint(store, FOLDER, checkpoint.md5)
    assert mine.read_bytes() == b"mine"


def test_a_checkout_of_what_is_not_in_the_cache_writes_nothing(store: Path, add: Add) -> None:
    checkpoint = add()
    shutil.rmtree(store / RUN)
    open_checkpoint(store, checkpoint.md5)["structure.pkl"].unlink()
    with pytest.raises(CheckpointMissing, match=r"structure\.pkl") as raised:
        checkout_checkpoint(store, FOLDER, checkpoint.md5)
    assert "dvc fetch" in raised.value.hint
    assert not (store / RUN).exists()


# Opening


def test_opening_gives_the_place_of_each_file(store: Path, add: Add) -> None:
    checkpoint = add()
    objects = open_checkpoint(store, checkpoint.md5, size=checkpoint.size, verify=True)
    assert {name: path.read_bytes() for name, path in objects.items()} == FILES


@pytest.mark.parametrize(
    ("content", "check"), [(b"short", {"size": 3_000_010}), (b"v" * 3_000_000, {"verify": True})]
)
def test_a_corrupt_file_is_named(store: Path, content: bytes, check: Mapping[str, int], add: Add) -> None:
    checkpoint = add()
    damage(open_checkpoint(store, checkpoint.md5)["weights.safetensors"], content)
    with pytest.raises(CheckpointMissing, match=r"weights\.safetensors of the checkpoint is corrupt"):
        open_checkpoint(store, checkpoint.md5, **check)


def test_a_size_that_was_recorded_wrongly_is_told(store: Path, add: Add) -> None:
    checkpoint = add()
    with pytest.raises(CheckpointMissing, match="has 3000010 bytes, not the 7 recorded"):
        open_checkpoint(store, checkpoint.md5, size=7)


@pytest.mark.parametrize("md5", ["", "x", "../../../etc/passwd", "0" * 32, "0" * 32 + ".dir/../x"])
def test_an_id_that_is_none_is_refused(store: Path, md5: str) -> None:
    with pytest.raises(InvalidRecord):
        open_checkpoint(store, md5)


def test_a_checkpoint_that_never_was_is_missing(store: Path) -> None:
    with pytest.raises(CheckpointMissing):
        open_checkpoint(store, "0" * 32 + ".dir")


def put_folder_object(root: Path, content: bytes) -> str:
    md5 = hashlib.md5(content).hexdigest()
    path = root / ".dvc/cache/files/md5" / md5[:2] / f"{md5[2:]}.dir"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return f"{md5}.dir"


@pytest.mark.parametrize(
    "content",
    [json.dumps([{"md5": "0" * 32, "relpath": "../../x"}]).encode(), b"[" + b" " * (1 << 20) + b"]"],
)
def test_a_hostile_folder_object_is_refused(store: Path, content: bytes) -> None:
    with pytest.raises(InvalidRecord):
        checkout_checkpoint(store, FOLDER, put_folder_object(store, content))


def test_a_corrupt_folder_object_is_told(store: Path, add: Add) -> None:
    checkpoint = add()
    damage(store / ".dvc/cache/files/md5" / checkpoint.md5[:2] / checkpoint.md5[2:], b"[]")
    with pytest.raises(CheckpointMissing, match="corrupt"):
        open_checkpoint(store, checkpoint.md5)
