"""A forked worker is what a new one is: the same bits, the same record, the same surroundings."""

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from trainstore.execution.forks import Forks, forks
from trainstore.execution.limits import Limits
from trainstore.execution.model_session import ModelSession, SessionSettings
from trainstore.execution.request import TrainingResult
from trainstore.execution.sandbox import probe
from trainstore.execution.sandbox.levels import Level, SandboxDemand
from trainstore.records.datasets import Part

Train = Callable[..., AbstractContextManager[TrainingResult]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks workers")

NAMESPACES = SandboxDemand(least="weak", namespaces="unshare")  # as a forked worker makes them


def test_the_bits_and_the_record_are_those_of_a_new_worker(
    train_again: Train, trained: TrainingResult, server: Forks
) -> None:
    with train_again(forks=server) as forked:
        assert forked.outcome == "succeeded", (forked.reason, forked.output_tail)
        assert forked.weights_digest == trained.weights_digest
        assert (forked.metrics, forked.curves) == (trained.metrics, trained.curves)
        assert forked.environment == trained.environment
        assert (forked.device, forked.threads) == (trained.device, trained.threads)
        assert _without_names(forked.output_tail) == _without_names(trained.output_tail)
        assert forked.sandbox["level"] == trained.sandbox["level"]


def _without_names(output: str) -> list[str]:
    """What was printed, without the numbers of pipes and the names of folders; bubblewrap sets one variable more."""
    lines = output.replace("'PWD', ", "").splitlines()
    return [line for line in lines if not line.startswith("descriptors")]


COMPUTING = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

class Mixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv1d(1, 8, 3, padding=1)
        self.normal = nn.BatchNorm1d(8)
        self.recurrent = nn.LSTM(8, 16, num_layers=2, bidirectional=True, batch_first=True, dropout=0.2)
        self.attention = nn.MultiheadAttention(32, 4, batch_first=True)
        self.head = nn.Linear(32, 3)

    def forward(self, x):
        x = self.normal(self.convolution(x.unsqueeze(1))).relu().transpose(1, 2)
        x, _ = self.recurrent(x)
        return self.head(self.attention(x, x, x)[0].mean(1))

def train_model(X_train, y_train, X_val, y_val, device, **_):
    model = Mixed().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 3)
    losses = []
    for epoch in range(3):
        for rows, classes in DataLoader(TensorDataset(X_train, y_train), 32, shuffle=True):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(rows), classes, label_smoothing=0.1)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        schedule.step()
        losses.append(loss)
    product = X_train.numpy() @ X_train.numpy().T
    return model, {"losses": losses, "product": float(product.sum())}
"""


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_layers_of_many_kinds_give_the_same_bits(train: Train, server: Forks, threads: int) -> None:
    import numpy as np

    generator = np.random.default_rng(1)
    part = Part(generator.normal(size=(96, 24)).astype(np.float32), generator.integers(0, 3, 96))
    fields: dict[str, Any] = {"parts": {"train": part, "val": part}, "threads": threads, "seed": 3}
    with train(COMPUTING, **fields) as new, train(COMPUTING, forks=server, **fields) as forked:
        assert new.outcome == "succeeded", (new.reason, new.output_tail)
        assert forked.weights_digest == new.weights_digest
        assert (forked.metrics, forked.curves) == (new.metrics, new.curves)
        assert forked.threads == new.threads == threads


LOOK = """
import faulthandler, gc, inspect, json, locale, multiprocessing, os, random, resource, signal, sys, tempfile, warnings
import numpy as np, torch

def plain(value):
    return str(value).replace(os.path.dirname(os.environ["HOME"]), "JOB")

def train_model(X_train, y_train, X_val, y_val, device):
    handlers = {n.name: plain(signal.getsignal(n)) for n in signal.valid_signals() if isinstance(n, signal.Signals)}
    limits = {n: resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n.startswith("RLIMIT_")}
    streams = [(s.encoding, s.errors, s.line_buffering, s.name, s.mode, s.fileno(), s.writable())
               for s in (sys.stdin, sys.stdout, sys.stderr)]
    print("@" + json.dumps({
        "path": plain(sys.path), "flags": plain(sys.flags), "argv": plain(sys.argv[1:]), "streams": streams,
        "environment": plain(sorted((n, v) for n, v in os.environ.items() if n != "PWD")),
        "handlers": handlers, "masked": plain(signal.pthread_sigmask(signal.SIG_BLOCK, ())), "limits": limits,
        "folder": plain(os.getcwd()), "temporary": plain(tempfile.gettempdir()), "mask": os.umask(0o22),
        "started": plain(multiprocessing.process.ORIGINAL_DIR), "method": multiprocessing.get_start_method(),
        "hash": hash("text"), "drawn": [random.random(), np.random.rand(), torch.rand(1).item()],
        "threads": [torch.get_num_threads(), torch.get_num_interop_threads()],
        "scheduler": [os.sched_getscheduler(0), sorted(os.sched_getaffinity(0)), os.getpriority(0, 0)],
        "leads": [os.getsid(0) == os.getpgid(0)], "children": os.listdir("/proc/self/task").__len__(),
        "faults": faulthandler.is_enabled(), "collector": [gc.isenabled(), gc.get_threshold()],
        "recursion": sys.getrecursionlimit(), "locale": locale.getlocale(), "warnings": plain(warnings.filters),
        "torch": [plain(torch.get_default_dtype()), torch.is_grad_enabled(), torch.get_deterministic_debug_mode()],
        "cuda": [torch.cuda.is_initialized(), torch.cuda._is_in_bad_fork()], "dumpable": os.access("/proc/self/mem", 4),
        "user": os.getuid() > 1_900_000_000, "groups": os.getgroups(), "module": sys.modules["training_function"].__name__,
    }))
    return torch.nn.Linear(1, 1), {}
"""


def test_what_a_function_finds_around_it_is_the_same(train: Train, server: Forks) -> None:
    limits = Limits(wall_seconds=120, disk_bytes=1 << 30)  # the usual one follows what is free on the disk
    with (
        train(LOOK, sandbox=NAMESPACES, limits=limits) as new,
        train(LOOK, forks=server, sandbox=NAMESPACES, limits=limits) as forked,
    ):
        expected, found = _told(new), _told(forked)
        assert set(found) == set(expected)
        assert {name: found[name] for name in found if found[name] != expected[name]} == {}
        assert forked.sandbox == new.sandbox


def _told(result: TrainingResult) -> dict[str, Any]:
    assert result.outcome == "succeeded", (result.reason, result.output_tail)
    (line,) = (line for line in result.output_tail.splitlines() if line.startswith("@"))
    told: dict[str, Any] = json.loads(line[1:])
    return told


def test_a_forked_model_answers_the_same(
    trained: TrainingResult, parts: dict[str, Part], server: Forks
) -> None:
    assert trained.weights is not None and trained.structure is not None
    answers = []
    for source in (None, server):
        with ModelSession(trained.weights, trained.structure, SessionSettings(forks=source)) as session:
            answers.append(session.predict(parts["val"].X))
    assert answers[0].tobytes() == answers[1].tobytes()


def test_one_trial_leaves_nothing_for_the_next(train: Train, server: Forks) -> None:
    dirty = """
import builtins, json, multiprocessing, os, sys, torch
def train_model(*_, **__):
    print("key", multiprocessing.current_process().authkey.hex())
    print("seen", getattr(builtins, "left", None), getattr(torch, "left", None), os.environ.get("LEFT"),
          "training_function" in sys.modules, os.listdir(os.environ["TMPDIR"]), os.listdir("/dev/shm"))
    builtins.left = torch.left = os.environ["LEFT"] = "left"
    size = torch.ones(1).element_size()
    torch.set_default_dtype(torch.float64)
    open(os.environ["TMPDIR"] + "/left", "w").close()
    return torch.nn.Linear(1, 1), {"size": size}
"""
    outputs = []
    for _ in range(2):
        with train(dirty, forks=server) as result:
            assert result.metrics == {"size": 4}, result.output_tail
            outputs.append(result.output_tail.splitlines())
    (first_key, first), (second_key, second) = outputs
    assert first_key != second_key
    if not probe.why_no_unshare():
        assert first == second == "seen None None None True [] []"


TAMPER = """
import os, torch
def train_model(X_train, y_train, X_val, y_val, device):
    total = float(X_train.sum())
    X_train.zero_()  # in its own memory
    folder = os.path.dirname(os.path.dirname(__file__)) + "/inputs"
    failed = 0
    for name in os.listdir(folder):
        for act in (lambda path: open(path, "r+b").write(b"x" * 500), os.remove, lambda path: os.truncate(path, 0)):
            try:
                act(folder + "/" + name)
            except OSError:
                failed += 1
    return torch.nn.Linear(1, 1), {"total": total, "failed": failed}
"""


@pytest.mark.parametrize("most", ["weak", "partial", "strong"])
def test_what_a_trial_does_to_its_data_the_next_does_not_see(
    train: Train, server: Forks, most: Level
) -> None:
    totals = []
    for _ in range(2):
        with train(TAMPER, forks=server, sandbox=SandboxDemand(least="weak", most=most)) as result:
            assert result.outcome == "succeeded", (result.reason, result.output_tail)
            totals.append(result.metrics["total"])
            assert (result.metrics["failed"] == 12) is (result.sandbox["level"] != "weak")
    assert totals[0] == totals[1] != 0


def test_data_is_written_once_and_removed(train: Train, parts: dict[str, Part], tmp_path: Path) -> None:
    code = "import torch\ndef train_model(X, *_, **__): return torch.nn.Linear(1, 1), {'sum': float(X.sum())}"
    other = {name: Part(part.X * 2, part.y) for name, part in parts.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path))
        with forks() as own:
            sums = []
            for data in (parts, parts, other):
                with train(code, forks=own, parts=data) as result:
                    sums.append(result.metrics["sum"])
            (root,) = tmp_path.glob("ts-data-*")
            assert len([one for one in root.iterdir() if one.is_dir()]) == 2
        assert list(tmp_path.iterdir()) == []
    assert sums[0] == sums[1] != sums[2]
