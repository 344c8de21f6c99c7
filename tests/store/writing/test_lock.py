import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from trainstore.errors import StoreLocked
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
