"""Ctrl-C while something is cleared up: it waits, and then it is raised."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from trainstore.execution.interrupts import interrupts_deferred

# Interrupted again and again, from the moment at which the folder begins to go.
REMOVED = """
import os, signal, sys, threading, time
from pathlib import Path
from trainstore.execution.job_folder import JobFolder

def interrupt():
    while job.code.exists(): time.sleep(0.0001)
    for _ in range(5):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.001)

try:
    with JobFolder.create() as job:
        for number in range(5_000): (job.tmp / str(number)).touch()
        for number in range(20): (job.code / str(number)).touch()
        pressing = threading.Thread(target=interrupt)
        pressing.start()
except KeyboardInterrupt:
    print("interrupted")
while pressing.is_alive():
    try:
        pressing.join()
    except KeyboardInterrupt:
        pass
print(os.listdir(os.environ["TMPDIR"]))
"""


def test_an_interruption_comes_when_the_block_has_ended() -> None:
    before = signal.getsignal(signal.SIGINT)
    ended = False
    with pytest.raises(KeyboardInterrupt), interrupts_deferred():
        signal.raise_signal(signal.SIGINT)
        ended = True
    assert ended
    assert signal.getsignal(signal.SIGINT) is before


def test_an_error_of_the_block_is_not_lost() -> None:
    with pytest.raises(KeyboardInterrupt) as caught, interrupts_deferred():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("first")
    assert isinstance(caught.value.__context__, ValueError)
    with pytest.raises(ValueError), interrupts_deferred():
        raise ValueError("alone")


def test_other_threads_have_nothing_to_defer() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def look() -> None:
        with interrupts_deferred():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]


def test_a_job_folder_goes_however_often_it_is_interrupted(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", REMOVED], env={"TMPDIR": str(tmp_path)}, cwd=Path(__file__).parents[2],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (ended.stdout, ended.stderr) == ("interrupted\n[]\n", "")
