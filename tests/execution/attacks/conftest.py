"""The bare worker, against which a sandbox is measured: a plain subprocess, told to end at a limit, a trusting parent."""

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from trainstore.errors import SandboxTooWeak
from trainstore.execution.attacks.attack import Ran
from trainstore.execution.attacks.baits.baits import Baits
from trainstore.execution.attacks.suite import CODE, Runner

WALL_SECONDS = 60.0
SHORT_SECONDS = 2.0
_STUCK_SECONDS = 1.0

# Stands in for torch, which would take longer to import than the attacks take.
_TORCH = """
class nn:
    class Module: pass
    class Linear(Module):
        def __init__(self, *sizes): pass
"""
_LOADER = """
import json, pickle, sys
sys.path.insert(0, "code")
results = open("results/metrics.json", "w"), open("results/model.pkl", "wb")
from training_function import train_model
model, metrics = train_model(None, None, None, None, "cpu", **json.load(open("request.json")))
try:
    json.dump(metrics, results[0])
    pickle.dump({} if type(model).__name__ == "Linear" else model, results[1])
    for file in results: file.close()
except OSError:
    pass
"""
# Its parent, which some attacks kill, is a shell and not the test.
_SHELL = ["sh", "-c", 'trap : TERM; "$@"; status=$?; exit $status', "parent"]


@pytest.fixture(scope="session")
def bare() -> Runner:
    """Run attacks on a bare worker."""
    return _run


def _run(baits: Baits, hyperparameters: dict[str, Any], limits: dict[str, Any]) -> Ran:
    """Run attacks with all the rights of the tests."""
    with TemporaryDirectory(prefix="ts-bare-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        _fill(root, baits, hyperparameters)
        wall = SHORT_SECONDS if "wall_seconds" in limits else WALL_SECONDS
        answers = os.open(root / "answers", os.O_CREAT | os.O_RDWR)
        process = subprocess.Popen(
            [*_SHELL, sys.executable, "-c", _LOADER],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[answers],
            process_group=0,
        )
        os.close(answers)
        output = _collect(process, wall)
        return _read_trustingly(root, process.poll(), output)


def _fill(root: Path, baits: Baits, hyperparameters: dict[str, Any]) -> None:
    for name in ("code", "results", "inputs"):
        (root / name).mkdir()
    (root / "code" / "training_function.py").write_text(CODE)
    (root / "code" / "torch.py").write_text(_TORCH)
    (root / "request.json").write_text(json.dumps(hyperparameters))
    for name, value in (("train", 0), ("val", 0), ("test", baits.test_value)):
        np.save(root / "inputs" / f"{name}_X.npy", np.full((4, 1), value, np.float32))
    for name in ("metrics.json", "model.pkl"):
        (root / "results" / name).touch()


def _collect(process: "subprocess.Popen[bytes]", wall: float) -> bytes:
    """All that it prints, until it has ended or was asked to."""
    assert process.stdout is not None
    collected = bytearray()
    reader = threading.Thread(target=_read_all, args=(process.stdout, collected), daemon=True)
    reader.start()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(wall)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STUCK_SECONDS)
    # What is still there is left alone, as a plain parent would; it is waited for when the baits end it.
    threading.Thread(target=process.wait, daemon=True).start()
    reader.join(_STUCK_SECONDS)
    return bytes(collected)


def _read_all(stream: Any, collected: bytearray) -> None:
    with stream:
        while chunk := stream.read1(1 << 16):
            collected += chunk


def _read_trustingly(root: Path, code: int | None, output: bytes) -> Ran:
    text = output.decode(errors="replace")
    if code is None:
        return Ran("timed_out", output=text)
    if code < 0:
        return Ran("killed", "the process that watched the run was killed", text)
    read: dict[str, Any] = {}
    failed = ""
    reader = threading.Thread(target=_read_results, args=(root, read), daemon=True)
    reader.start()
    reader.join(_STUCK_SECONDS)
    if reader.is_alive():
        failed = "stuck"
        while reader.is_alive():  # let go of the pipes
            for file in (root / "results").iterdir():
                os.close(os.open(file, os.O_RDWR | os.O_NONBLOCK))
            reader.join(0.01)
    return Ran(
        outcome="succeeded" if code == 0 else "failed",
        output=text,
        longest_line=max(map(len, text.splitlines()), default=0),
        metrics=read.get("metrics"),
        error_length=len(text),
        model=read.get("model", b""),
        parent_failed=failed or read.get("failed", ""),
    )


def _read_results(root: Path, read: dict[str, Any]) -> None:
    try:
        read["model"] = (root / "results" / "model.pkl").read_bytes()
        answers = (root / "answers").read_text() or (root / "results" / "metrics.json").read_text()
        read["metrics"] = json.loads(answers or "{}")
        if read["model"]:
            pickle.loads(read["model"])
    except (ValueError, RecursionError, pickle.UnpicklingError) as error:
        read["failed"] = type(error).__name__


@pytest.fixture
def or_skip() -> Callable[[], AbstractContextManager[None]]:
    """Within it, a level that this machine does not reach skips the test."""

    @contextlib.contextmanager
    def context() -> Iterator[None]:
        try:
            yield
        except SandboxTooWeak as error:
            pytest.skip(error.message)

    return context
