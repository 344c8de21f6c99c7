import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from trainstore.errors import StoreLocked
from trainstore.store.git.repository import Repository
from trainstore.store.writing.lock import writer_lock

HOLD = """
import sys, time
from pathlib import Path
from trainstore.store.writing.lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(state: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that holds the lock."""
    with subprocess.Popen([sys.executable, "-c", HOLD, state], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            yield process
        finally:
            process.kill()


def test_a_live_holder_is_named(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        started = time.monotonic()
        with pytest.raises(StoreLocked, match=f"process {process.pid}") as raised, writer_lock(tmp_path, 0.2):
            pass
        assert 0.2 <= time.monotonic() - started < 5
        assert raised.value.hint


def test_a_killed_holder_does_not_block(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with writer_lock(tmp_path, 0.0):
            pass


def test_the_next_writer_waits_its_turn(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with writer_lock(tmp_path, 30):
            order.append("second")

    thread = threading.Thread(target=second)
    with writer_lock(tmp_path):
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), writer_lock(tmp_path):
        _ = 1 / 0
    with writer_lock(tmp_path, 0.0):
        pass


def test_a_programs_children_do_not_keep_the_lock(tmp_path: Path) -> None:
    with writer_lock(tmp_path):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with writer_lock(tmp_path, 0.0):
            pass
    finally:
        child.kill()
        child.wait()


def test_the_folder_of_state_is_made(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "deep/er"):
        assert (tmp_path / "deep/er/lock").read_text().startswith(f"process {os.getpid()}")


SAVE_TEN = """
import json, sys
from pathlib import Path
from trainstore.records.training_record import decode_record, encode_record
from trainstore.store.git.repository import find_store
from trainstore.workflows.save import save_records
from trainstore.workflows.save_plan import Incoming
store = find_store(Path(sys.argv[1]))
for number in range(10):
    content = {"model_name": "Net", "training_code": f"x = {sys.argv[2]}{number:02}", "timestamp": 1704067200,
               "bo_config": {}, "data_profile": {"data_type": "numpy_array"}}
    record = decode_record(encode_record(content), "x.json", 0)
    (saved,) = save_records(store, [Incoming(record)]).saved
    print(saved.commit)
"""


@pytest.mark.slow
def test_eight_processes_save_ten_versions_each_and_none_is_lost(
    store: Repository, git: Callable[..., str]
) -> None:
    before = int(git(store, "rev-list", "--count", "HEAD"))
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", SAVE_TEN, store.root, str(number + 1)], stdout=subprocess.PIPE, text=True
        )
        for number in range(8)
    ]
    told = [writer.communicate()[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8
    commits = [commit for some in told for commit in some]
    assert len(set(commits)) == 80
    assert set(commits) <= set(git(store, "rev-list", "HEAD").split())
    assert int(git(store, "rev-list", "--count", "HEAD")) == before + 80
    assert git(store, "status", "--porcelain") == ""
    assert git(store, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    folder = store.root / "generated_training_functions/numpy_array/Net"
    codes = {file.read_bytes().split(b"x = ")[1][:3] for file in folder.iterdir()}
    assert len(codes) == 80
