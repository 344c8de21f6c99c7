"""Training functions that want too much: each limit has its outcome, in the sandbox that this machine gives."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest

from trainstore.execution.limits import GIB, MIB, Limits
from trainstore.execution.request import TrainingResult

Train = Callable[..., AbstractContextManager[TrainingResult]]

HEAD = """
import os, resource, signal, subprocess, sys, threading, time, torch

def leave_behind(token):
    # Processes of a session of their own that no signal but one reaches; they are known by their last argument.
    sleeper = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)"
    for stopped in (False, True):
        if os.fork() == 0:
            child = subprocess.Popen(
                [sys.executable, "-S", "-c", sleeper, token], start_new_session=True, stdout=subprocess.PIPE
            )
            child.stdout.readline()
            if stopped:
                os.kill(child.pid, signal.SIGSTOP)
            os._exit(0)
        os.wait()

def train_model(X_train, y_train, X_val, y_val, device, token="", **rest):
    if token:
        leave_behind(token)
    print("it begins", flush=True)
"""


@pytest.fixture
def token() -> Iterator[str]:
    """Marks the processes of one test, on whatever side of a namespace they are seen from."""
    mark = uuid.uuid4().hex
    yield mark
    for process in marked(mark):
        process.kill()


def marked(token: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[-1:] == [token]:
                found.append(process)
        except psutil.Error:
            continue
    return found


def is_soon(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


EXCESSES = {
    "asks for much memory": (
        "torch.ones(4 << 30, dtype=torch.uint8)", Limits(memory_bytes=GIB),
        "out_of_memory", "its limit is 1 GiB of memory",
    ),
    "takes memory bit by bit": (
        "kept = []\n    while True: kept.append(b'x' * (8 << 20)); time.sleep(0.01)", Limits(memory_bytes=GIB),
        "out_of_memory", "of memory, and its limit is 1 GiB",
    ),
    "fills files that are kept in memory": (
        "file = open('/dev/shm/file', 'wb')\n    while True: file.write(b'x' * (8 << 20)); time.sleep(0.01)",
        Limits(memory_bytes=GIB), "out_of_memory", "of memory, and its limit is 1 GiB",
    ),
    "writes one long file": (
        "open('file', 'wb').write(b'x' * (60 << 20))", Limits(disk_bytes=50 * MIB),
        "disk_limit", "File too large; its limit is 50 MiB of files",
    ),
    "writes many files": (
        "for n in range(60): open(str(n), 'wb').write(b'x' * (1 << 20))\n    time.sleep(600)",
        Limits(disk_bytes=50 * MIB), "disk_limit", "its limit is 50 MiB",
    ),
    "returns a large model": (
        "return torch.nn.Linear(4000, 5000), {}", Limits(disk_bytes=50 * MIB), "disk_limit", "50 MiB",
    ),
    "opens many files": (
        "kept = [open(os.devnull) for _ in range(300)]", Limits(open_files=200),
        "open_file_limit", "its limit is 200 open files",
    ),
    "starts many threads": (
        "for _ in range(100): threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
        Limits(processes=64), "process_limit", "64",
    ),
    "starts many processes": (
        "for _ in range(8): os.fork()\n    time.sleep(600)", Limits(processes=64), "process_limit", "64",
    ),
    "computes for long": (
        "while True: pass", Limits(cpu_seconds=8), "cpu_limit", "its limit of 8 s",
    ),
    "is interrupted by the limit of the system": (
        "os.kill(os.getpid(), signal.SIGXCPU); time.sleep(600)", Limits(),
        "cpu_limit", "it used more processor time than its limit",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("excess", EXCESSES)
def test_each_limit_has_its_outcome(train: Train, token: str, excess: str) -> None:
    body, limits, outcome, reason = EXCESSES[excess]
    before = psutil.Process().children(recursive=True)  # of other tests in this process
    with train(f"{HEAD}    {body}\n", limits=limits, hyperparameters={"token": token}) as result:
        assert result.outcome == outcome, result.reason
        assert reason in (result.reason or "")
        assert result.output_tail.startswith("it begins")
        assert (result.weights, result.weights_digest) == (None, None)
        assert is_soon(lambda: not marked(token))
    assert set(psutil.Process().children(recursive=True)) <= set(before)  # and no zombies


@pytest.mark.slow
def test_a_real_training_is_within_the_limits_of_this_machine(train: Train) -> None:
    body = """    from torch.utils.data import DataLoader, TensorDataset
    loader = DataLoader(TensorDataset(X_train, y_train), batch_size=4, num_workers=2)
    rows = sum(len(x) for _ in range(2) for x, _ in loader)
    torch.set_num_threads(os.cpu_count())
    return torch.nn.Linear(4, 3), {"rows": rows}
"""
    with train(HEAD + body) as result:
        assert (result.outcome, result.metrics["rows"]) == ("succeeded", 40), result.reason


PARENT = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # standard input becomes the terminal whose Ctrl-C reaches this
from trainstore.execution.limits import Limits
from trainstore.execution.request import TrainingRequest
from trainstore.execution.run_training import run_training
import numpy as np
from trainstore.records.datasets import Part
part = Part(np.zeros((4, 2), np.float32), np.array([0, 1, 0, 1]))
request = TrainingRequest(
    code=sys.argv[1], parts={"train": part, "val": part}, device="cpu", hyperparameters={"token": sys.argv[2]}
)
with run_training(request, lambda line: print(line, flush=True)):
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["killed", "interrupted at its terminal"])
def test_nothing_outlives_the_program_that_asked(tmp_path: Path, token: str, how: str) -> None:
    controller, terminal = os.openpty()
    job = subprocess.Popen(
        [sys.executable, "-c", PARENT, f"{HEAD}    time.sleep(600)\n", token, "end"],
        stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)}, cwd=Path(__file__).parents[2], start_new_session=True,
    )  # fmt: skip
    try:
        assert job.stdout is not None
        assert job.stdout.readline() == "it begins\n"
        assert len(marked(token)) == 2
        if how == "killed":
            job.kill()
        else:
            os.write(controller, b"\x03")
        assert is_soon(lambda: not marked(token))
        job.communicate(timeout=20)
    finally:
        job.kill()
        job.communicate()
        for descriptor in (controller, terminal):
            os.close(descriptor)
    assert job.returncode in (-signal.SIGKILL, -signal.SIGINT)
    assert is_soon(lambda: not list(tmp_path.iterdir()))
