import errno
import hashlib
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO, RawIOBase
from pathlib import Path
from threading import Barrier

import pytest

from trainstore.errors import CheckpointMissing, StoreNotFound, TrainstoreError, UsageError
from trainstore.store.checkpoints.tracked import (
    Checkpoint,
    add_checkpoint,
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


# Adding


def test_adding_gives_digests_and_sizes_of_what_was_stored(store: Path, add: Add) -> None:
    checkpoint = add()
    assert (checkpoint.size, checkpoint.files) == (3_000_010, 2)
    assert checkpoint.sha256 == {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    assert checkpoint.md5.encode() in checkpoint.pointer
    assert contents(store / FOLDER) == FILES


def test_each_object_is_read_only_and_named_by_its_md5(store: Path, add: Add, cached: Cached) -> None:
    add()
    objects = cached()
    assert len(objects) == 3
    for path in objects:
        md5 = hashlib.md5(path.read_bytes()).hexdigest()
        assert path.relative_to(store / ".dvc/cache/files/md5").parts[0] == md5[:2]
        assert path.name.removesuffix(".dir") == md5[2:]
        assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_a_source_is_read_once_in_bounded_pieces(store: Path) -> None:
    class Pipe(RawIOBase):
        left = 5_000_000

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 1 << 20
            piece = b"x" * min(size, self.left, 700_001)
            self.left -= len(piece)
            return piece

    checkpoint = add_checkpoint(store, FOLDER, {"weights.safetensors": Pipe()})
    assert checkpoint.sha256["weights.safetensors"] == hashlib.sha256(b"x" * 5_000_000).hexdigest()


def test_equal_content_is_stored_once(store: Path, add: Add, cached: Cached) -> None:
    first = add()
    second = add("training_runs/numpy_array/Net/other/checkpoint")
    assert first == second
    assert len(cached()) == 3


def test_equal_content_added_at_the_same_time_is_stored_once(store: Path, add: Add, cached: Cached) -> None:
    together = Barrier(4)

    def add_one(number: int) -> Checkpoint:
        together.wait()
        return add(f"training_runs/numpy_array/Net/{number}/checkpoint")

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(add_one, range(4)))
    assert all(result == results[0] for result in results)
    assert len(cached()) == 3
    assert all(contents(store / f"training_runs/numpy_array/Net/{n}/checkpoint") == FILES for n in range(4))


def test_a_truncated_object_is_replaced(store: Path, add: Add) -> None:
    checkpoint = add()
    shutil.rmtree(store / FOLDER)
    stored = open_checkpoint(store, checkpoint.md5)["weights.safetensors"]
    stored.chmod(0o644)
    stored.write_bytes(b"short")
    assert add() == checkpoint
    assert contents(store / FOLDER) == FILES


# When it fails half way


class Broken(RawIOBase):
    """Gives some bytes, then fails."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.calls = 0

    def read(self, size: int = -1) -> bytes:
        self.calls += 1
        if self.calls == 3:
            raise self.error
        return b"x" * size


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), TrainstoreError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failure_half_way_leaves_nothing(
    store: Path, error: BaseException, expected: type[BaseException], cached: Cached
) -> None:
    with pytest.raises(expected):
        add_checkpoint(store, FOLDER, {"weights.safetensors": Broken(error)})
    assert cached() == []
    assert not (store / FOLDER).exists()


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_with_what_to_do(store: Path) -> None:
    full = Broken(OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(TrainstoreError, match="is full") as raised:
        add_checkpoint(store, FOLDER, {"weights.safetensors": full})
    assert "Free some space" in raised.value.hint


def test_a_refused_write_is_told_in_a_sentence(store: Path, add: Add, cached: Cached) -> None:
    with (
        largest_file(100_000),
        pytest.raises(TrainstoreError, match=r"Could not store the checkpoint: .*: File too"),
    ):
        add()
    assert cached() == []


def test_a_kill_leaves_only_a_passing_file_which_a_later_add_clears(
    store: Path, add: Add, cached: Cached
) -> None:
    script = (
        "import sys; from pathlib import Path; from trainstore.store.checkpoints.tracked import add_checkpoint\n"
        "add_checkpoint(Path(sys.argv[1]), sys.argv[2], {'weights.safetensors': sys.stdin.buffer})"
    )
    with subprocess.Popen([sys.executable, "-c", script, store, FOLDER], stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        child.stdin.write(b"x" * 3_000_000)
        child.stdin.flush()
        while not cached():
            assert child.poll() is None
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    (leftover,) = cached()
    assert leftover.parent == store / ".dvc/cache/files/md5"
    assert not (store / FOLDER).exists()
    add()
    assert leftover.exists()  # it could be that of a process still writing
    os.utime(leftover, (0, 0))
    unfinished = store / ".dvc/tmp/trainstore-0123456789abcdef"
    (unfinished / "checkpoint").mkdir(parents=True)
    os.utime(unfinished, (0, 0))
    add()
    assert not leftover.exists()
    assert not unfinished.exists()


def test_only_what_is_half_made_is_cleared_away_however_old_the_rest_is(
    store: Path, add: Add, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (store / ".dvc/tmp").symlink_to(home, target_is_directory=True)  # a clone brings links wherever they lead
    cache = store / ".dvc/cache/files/md5"
    kept = [home / "trainstore-thesis", cache / ".trainstore-reclaiming", cache / ".trainstore-notes.tmp"]
    for folder in kept:
        folder.mkdir(parents=True)
        (folder / "file").write_text("mine")
        os.utime(folder, (0, 0))
    add()
    assert [(folder / "file").read_text() for folder in kept] == ["mine"] * 3


KILLED_AT_EACH_STEP = """\
import os, shutil, signal, sys
from io import BytesIO
from pathlib import Path
from trainstore.store.checkpoints.tracked import add_checkpoint

CHANGING = {"open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir"}
original, folder = Path(sys.argv[1]), sys.argv[2]

def add(root):
    add_checkpoint(root, folder, {"weights.safetensors": BytesIO(b"w" * 3_000_000), "structure.pkl": BytesIO(b"s" * 10)})

def add_and_die(root, left):
    def count(event, arguments):
        nonlocal left
        if event in CHANGING:
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
    sys.addaudithook(count)
    add(root)

warm = original.with_name("warm")  # what is imported only once must not count
shutil.copytree(original, warm)
add(warm)
for step in range(1000):
    root = original.with_name(f"killed {step}")
    shutil.copytree(original, root)
    child = os.fork()
    if child == 0:
        add_and_die(root, step)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
print(step)
"""


@pytest.mark.slow
def test_a_kill_at_any_step_leaves_no_object_under_a_wrong_name(store: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EACH_STEP, store, FOLDER], check=True, capture_output=True, text=True
    )
    steps = int(told.stdout)
    assert steps > 15
    objects_seen = set()
    for step in range(steps):
        root = store.with_name(f"killed {step}")
        cache = root / ".dvc/cache/files/md5"
        objects = [*cache.glob("??/*")]
        for path in objects:
            assert (
                path.parent.name + path.name.removesuffix(".dir")
                == hashlib.md5(path.read_bytes()).hexdigest()
            )
        objects_seen.add(len(objects))
        assert not (root / FOLDER).exists() or contents(root / FOLDER) == FILES
        for leftover in (*cache.glob(".trainstore-*"), *root.glob(".dvc/tmp/*")):
            os.utime(leftover, (0, 0))
        again = add_checkpoint(root, FOLDER, {name: BytesIO(content) for name, content in FILES.items()})
        assert contents(root / FOLDER) == FILES
        open_checkpoint(root, again.md5, size=again.size, verify=True)
        assert len([path for path in cache.rglob("*") if path.is_file()]) == 3
        assert [*root.glob(".dvc/tmp/*")] == []
    assert objects_seen == {0, 1, 2, 3}


def test_a_cache_that_vanished_is_made_anew_and_what_it_held_is_told(store: Path, add: Add) -> None:
    lost = add()
    shutil.rmtree(store / ".dvc/cache")
    with pytest.raises(CheckpointMissing, match="is not in the cache") as raised:
        open_checkpoint(store, lost.md5)
    assert raised.value.hint == "Fetch it from the DVC remote: dvc fetch"
    kept = add("training_runs/numpy_array/Net/other/checkpoint", {"structure.pkl": b"other"})
    assert open_checkpoint(store, kept.md5, verify=True).keys() == {"structure.pkl"}
    assert contents(store / FOLDER) == FILES


def test_a_cache_that_stores_share_keeps_what_is_not_ours(store: Path, tmp_path: Path, add: Add) -> None:
    shared = tmp_path / "shared"
    (store / ".dvc/config").write_text(f'[cache]\n    dir = {shared}\n    type = "reflink,hardlink,copy"\n')
    other = tmp_path / "other"
    shutil.copytree(store, other)
    shared_by_both, theirs = (
        {"structure.pkl": BytesIO(b"s" * 10)},
        {"weights.safetensors": BytesIO(b"theirs")},
    )
    add_checkpoint(other, FOLDER, {**shared_by_both, **theirs})
    strangers = {
        "files/md5/ab/cdef",
        "files/md5/.trainstore-writing.tmp",
        "files/md5/ab/x.unpacked/y",
        "runs/1",
    }
    for name in strangers:
        (shared / name).parent.mkdir(parents=True, exist_ok=True)
        (shared / name).write_text(name)
    os.utime(shared / "files/md5/ab/cdef", (0, 0))

    def everything() -> dict[Path, tuple[int, int, bytes]]:
        files = [path for path in (*shared.rglob("*"), *(other / FOLDER).rglob("*")) if path.is_file()]
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    before = everything()
    ours = add()
    assert remove_checkpoint(store, FOLDER, ours.md5) == ()
    checkout_checkpoint(store, FOLDER, ours.md5)
    assert (store / FOLDER / "structure.pkl").samefile(other / FOLDER / "structure.pkl")
    after = everything()
    assert {path: after.get(path) for path in before} == before
    assert len(after) == len(before) + 2, "our weights and our list of files; the rest was there"


# DVC's configuration


@pytest.mark.parametrize("place", [".dvc/config", ".dvc/config.local", "../home/dvc/config"])
@pytest.mark.parametrize("absolute", [True, False])
def test_the_cache_is_where_dvc_has_it(
    store: Path, tmp_path: Path, place: str, absolute: bool, add: Add, cached: Cached
) -> None:
    file = store / place
    file.parent.mkdir(exist_ok=True)
    there = tmp_path / "shared cache"
    file.write_text(f"[cache]\n    dir = {there if absolute else os.path.relpath(there, file.parent)}\n")
    checkpoint = add()
    assert cached() == []
    folder_object = there / "files/md5" / checkpoint.md5[:2] / checkpoint.md5[2:]
    assert len(json.loads(folder_object.read_bytes())) == 2


def test_a_shared_cache_is_writable_for_the_group(store: Path, add: Add) -> None:
    (store / ".dvc/config").write_text("[cache]\n    shared = group\n")
    add()
    folders = [path for path in (store / ".dvc/cache/files/md5").rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o2775}


@pytest.mark.parametrize(
    "config", ["[cache]\n    type = telepathy\n", "[cache", "[cache]\n    dir = ssh://a/b\n"]
)
def test_a_configuration_that_cannot_be_used_is_told(store: Path, config: str, add: Add) -> None:
    (store / ".dvc/config").write_text(config)
    with pytest.raises(UsageError):
        add()


def test_a_folder_without_dvc_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFound):
        add_checkpoint(tmp_path, FOLDER, {"structure.pkl": BytesIO(b"s")})


def test_importing_leaves_the_standard_streams_alone() -> None:
    script = (
        "import sys; before = sys.stdout, sys.stderr; import trainstore.store.checkpoints.tracked\n"
        "assert (sys.stdout, sys.stderr) == before"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)
