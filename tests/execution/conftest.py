"""Workers for the tests: real ones that train, cheap ones in their place that need no torch; and other users."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
import pytest

from trainstore.execution.job_folder import JobFolder
from trainstore.execution.limits import Limits
from trainstore.execution.python_process import worker_environment
from trainstore.execution.request import TrainingRequest, TrainingResult
from trainstore.execution.run_training import run_training
from trainstore.execution.supervised import Supervised, WorkerStart
from trainstore.execution.supervisor.orders import Ending
from trainstore.records.datasets import Part, PartName

Parts = dict[PartName, Part]
RunAs = Callable[..., "subprocess.CompletedProcess[str]"]

ROOT = Path(__file__).parents[2]
USER = 65533


@dataclass
class Watched:
    ending: Ending | None
    output: str
    job: Path


@pytest.fixture
def watch() -> Callable[..., Watched]:
    """Run a script as the worker, under a real supervisor."""

    def run(script: str, limits: Limits | None = None) -> Watched:
        printed = bytearray()
        with JobFolder.create() as job:
            command = [sys.executable, "-S", "-c", script]
            start = WorkerStart(command, worker_environment(job, "cpu", 1), [])
            with Supervised(start, job, limits or Limits()) as worker:
                ending = worker.wait({worker.output: printed.extend})
        return Watched(ending, printed.decode(errors="replace"), job.root)

    return run


@pytest.fixture
def is_gone() -> Callable[[int], bool]:
    """Whether a process ends within five seconds."""

    def check(pid: int) -> bool:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
            time.sleep(0.02)
        return False

    return check


@pytest.fixture
def run_as_user() -> Iterator[RunAs]:
    """Run Python code as an ordinary user, in a folder that is that user's."""
    with TemporaryDirectory(prefix="ts-user-") as home:  # pytest closes its own folders to other users
        yield partial(_run_as_user, home)


def _run_as_user(home: str, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run it as the user of the tests, or as another where that is root.

    The interpreter may then lie in a folder that is closed to others. The process gets a view of the files in which
    that folder is open, and holds the interpreter alone.
    """
    command = [sys.executable, "-c", script, *arguments]
    if os.getuid() == 0:
        os.chown(home, USER, USER)
        orders = {"user": USER, "needed": [sys.base_prefix, sys.prefix, str(ROOT)], "command": command}
        command = [sys.executable, str(Path(__file__).parent / "as_user.py"), json.dumps(orders)]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, stdin=subprocess.DEVNULL,
        env={**os.environ, "HOME": home, "TMPDIR": home},
    )  # fmt: skip
    if ended.stderr.startswith("cannot be made:"):
        pytest.skip(f"an ordinary user {ended.stderr.strip()}")
    return ended


@pytest.fixture(scope="session")
def parts() -> Parts:
    """Twenty rows of four features in three classes, for training and for validation alike."""
    generator = np.random.default_rng(0)
    part = Part(generator.normal(size=(20, 4)).astype(np.float32), generator.integers(0, 3, 20))
    return {"train": part, "val": part}


@pytest.fixture(scope="session")
def train(parts: Parts) -> Callable[..., AbstractContextManager[TrainingResult]]:
    """Run training code in a real worker."""

    def run(
        code: str, on_output: Callable[[str], None] = lambda line: None, **fields: Any
    ) -> AbstractContextManager[TrainingResult]:
        fields = {"parts": parts, "device": "cpu", "limits": Limits(wall_seconds=120), **fields}
        return run_training(TrainingRequest(code=code, **fields), on_output)

    return run


@pytest.fixture(scope="session")
def train_again(
    train: Callable[..., AbstractContextManager[TrainingResult]],
) -> Callable[..., AbstractContextManager[TrainingResult]]:
    """Run ``EXAMPLE`` as ``trained`` did, but for the fields given."""

    def run(**fields: Any) -> AbstractContextManager[TrainingResult]:
        return train(EXAMPLE, **{"hyperparameters": {"lr": 0.1, "sizes": [8, 3]}, "seed": 7, **fields})

    return run


@pytest.fixture(scope="session")
def trained(train_again: Callable[..., AbstractContextManager[TrainingResult]]) -> Iterator[TrainingResult]:
    """The result of one whole run of ``EXAMPLE``; its checkpoint can be read."""
    with ExitStack() as kept:
        with pytest.MonkeyPatch.context() as patch:  # over before other tests of this process begin
            patch.setenv("OPENAI_API_KEY", "sk-secret")
            result = kept.enter_context(train_again())
        yield result


EXAMPLE = """
import os, sys
import numpy as np, torch
from torch import nn


class Block(nn.Module):
    def __init__(self, inner, outer):
        super().__init__()
        self.inner = nn.Linear(inner, outer)

    def forward(self, x):
        return self.inner(x).relu()


def train_model(X_train, y_train, X_val, y_val, device, lr, sizes, **rest):
    print("environment", sorted(os.environ))
    if sys.platform == "linux":
        names = [name for name in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + name)]
        print("descriptors", *sorted(os.readlink("/proc/self/fd/" + name) for name in names))
    print("input", sys.stdin.read() == "", os.getcwd() == os.environ["HOME"])
    print("types", X_train.dtype, tuple(X_train.shape), y_train.dtype, X_val.device, type(device).__name__, device)
    print("arguments", lr, sizes, rest)
    print("\\x1b[31mred\\x1b[0m")

    features = X_train.shape[1]

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = Block(features, sizes[0])
            self.head = nn.Linear(sizes[0], sizes[1])
            self.tied = self.head
            self.offset = [torch.full((1,), 2.0)]

        def forward(self, x):
            return {"attention": None, "logits": self.tied(self.block(x)) + self.offset[0]}

    model = Net().to(device)
    history = []
    for epoch in range(3):
        loss = nn.functional.cross_entropy(model(X_train)["logits"], y_train)
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= lr * parameter.grad
                parameter.grad = None
        history.append(loss.item())
    X_train += 1
    return model, {
        "val_loss": loss, "rows": np.int64(len(X_train)), "quantised": False, "f32": np.float32(0.1),
        "loss": history, "drawn": torch.rand(3), "note": "fine", "missing": None,
        "nested": np.random.rand(),
    }
"""
