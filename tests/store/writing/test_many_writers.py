"""Many processes save into one store at once: none of what they report is lost, not even where some are killed."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.store.git.repository import Repository
from trainstore.workflows.verification.verify import verify

Git = Callable[..., str]

SAVES = """
import sys
from pathlib import Path
from trainstore.records.training_record import decode_record, encode_record
from trainstore.store.git.repository import find_store
from trainstore.workflows.save import save_records
from trainstore.workflows.save_plan import Incoming
store, begin, end = find_store(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
for number in range(begin, end):
    content = {"model_name": f"Net{number % 4}", "training_code": f"x = {number}", "timestamp": 1704067200,
               "bo_config": {}, "data_profile": {"data_type": "numpy_array"}}
    record = decode_record(encode_record(content), "x.json", 0)
    result = save_records(store, [Incoming(record)])
    (version,) = result.saved or result.unchanged  # saved by a process that was killed before it could tell
    print(number, version.commit, flush=True)
"""


class Writer:
    """A process that saves so many numbered versions, one after another, and tells each commit."""

    def __init__(self, store: Repository, begin: int, count: int) -> None:
        self._store, self._next, self._count = store, begin, count
        self.told: dict[int, str] = {}
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SAVES, self._store.root, str(self._next), str(self._next + self._count)],
            stdout=subprocess.PIPE,
            text=True,
        )

    def kill_and_go_on(self, delay: float) -> None:
        """End it some time after a save, in the midst of the next, and begin again, as many, after the last that it told."""
        assert self._process.stdout is not None
        self._note(self._process.stdout.readline())
        time.sleep(delay)
        self._process.send_signal(signal.SIGKILL)
        self._read()
        self._next = max(self.told) + 1
        self._start()

    def end(self) -> None:
        assert self._read() == 0

    def _read(self) -> int:
        for line in self._process.communicate()[0].splitlines():
            self._note(line)
        return self._process.returncode

    def _note(self, line: str) -> None:
        number, commit = line.split()
        self.told[int(number)] = commit


def assert_nothing_is_lost(
    store: Repository, git: Git, told: dict[int, str], rows: Any, rebuilt: Any
) -> None:
    """Check what was told against git, the work tree, and an index made anew."""
    assert set(told.values()) <= set(git(store, "rev-list", "HEAD").split())
    files = {file.read_bytes() for file in (store.root / "generated_training_functions").rglob("*.json")}
    codes = {int(content.partition(b"x = ")[2].partition(b'"')[0]) for content in files}
    assert told.keys() <= codes
    assert rows(store) == rebuilt(store)
    assert verify(store).problems == ()
    assert git(store, "status", "--porcelain", "--untracked-files=all") == ""
    assert git(store, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


@pytest.mark.slow
def test_eight_processes_save_fifty_versions_each_and_none_is_lost(
    store: Repository, git: Git, rows: Callable[..., Any], rebuilt: Callable[..., Any]
) -> None:
    before = int(git(store, "rev-list", "--count", "HEAD"))
    writers = [Writer(store, 50 * number, 50) for number in range(8)]
    for writer in writers:
        writer.end()
    told = {number: commit for writer in writers for number, commit in writer.told.items()}
    assert len(told) == len(set(told.values())) == 400
    assert int(git(store, "rev-list", "--count", "HEAD")) == before + 400
    assert_nothing_is_lost(store, git, told, rows, rebuilt)


@pytest.mark.slow
def test_a_writer_that_is_killed_again_and_again_takes_nothing_with_it(
    store: Repository, git: Git, rows: Callable[..., Any], rebuilt: Callable[..., Any]
) -> None:
    chance = random.Random(7)
    others = [Writer(store, 1000 * number, 12) for number in range(3)]
    mortal = Writer(store, 5000, 40)
    for _ in range(12):
        mortal.kill_and_go_on(chance.uniform(0, 0.25))
    for writer in (mortal, *others):
        writer.end()
    told = {number: commit for writer in (mortal, *others) for number, commit in writer.told.items()}
    assert len(mortal.told) >= 12 + 40
    assert mortal.told.keys() == set(range(5000, 5000 + len(mortal.told)))
    assert len(told) == 3 * 12 + len(mortal.told)
    assert_nothing_is_lost(store, git, told, rows, rebuilt)
