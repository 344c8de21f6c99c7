"""`python -m trainstore` and the installed program are the same."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from trainstore.store.git.repository import Repository

CALLS = [[sys.executable, "-m", "trainstore"], [str(Path(sys.executable).with_name("trainstore"))]]


def both(*arguments: str, cwd: Path) -> list[tuple[int, str, str]]:
    """Call either, and return exit codes and what was printed."""
    ended = [
        subprocess.run(
            [*call, *arguments],
            cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )
        for call in CALLS
    ]  # fmt: skip
    return [(one.returncode, one.stdout, one.stderr) for one in ended]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--version"], 0, "trainstore "),
        (["--help"], 0, "Usage: trainstore [OPTIONS] COMMAND"),
        (["show", "--help"], 0, "Usage: trainstore show "),
        (["data", "add", "--help"], 0, "Usage: trainstore data add "),
        ([], 2, "Usage: trainstore "),
        (["shwo"], 2, "Usage: trainstore "),
        (["show"], 2, "Try 'trainstore show --help' for help."),
        (["list", "--nonsense"], 2, "No such option"),
        (["status"], 0, "Store "),
        (["show", "Nothing"], 12, "Error: "),
        (["--store", "/", "status"], 10, "trainstore init"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_they_print_the_same_and_end_alike(
    store: Repository, arguments: list[str], code: int, told: str
) -> None:
    as_module, as_program = both(*arguments, cwd=store.root)
    assert as_module == as_program
    assert as_module[0] == code
    assert told in as_module[1] + as_module[2]


@pytest.mark.parametrize("call", CALLS, ids=["module", "program"])
class TestSignals:
    def test_ctrl_c_ends_with_130_and_one_sentence(self, store: Repository, call: list[str]) -> None:
        waiting = subprocess.Popen(
            [*call, "save", "-", "--name", "Net"],
            cwd=store.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        _until_it_reads(waiting.pid)
        waiting.send_signal(signal.SIGINT)
        told = waiting.communicate(timeout=60)
        assert (waiting.returncode, *told) == (130, "", "\nInterrupted; nothing was left half done.\n")

    def test_a_reader_that_has_gone_ends_it_quietly(self, store: Repository, call: list[str]) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as gone:
            ended = subprocess.run(
                [*call, "history"], cwd=store.root, stdout=gone, stderr=subprocess.PIPE, check=False
            )
        assert (ended.returncode, ended.stderr) == (1, b"")


def _until_it_reads(pid: int) -> None:
    """Wait until a process waits for its standard input: it has stopped using the processor."""
    process, used = psutil.Process(pid), -1.0
    while used != (used := sum(process.cpu_times()[:2])) or used == 0.0:
        time.sleep(0.3)
