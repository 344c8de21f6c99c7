"""The worker's own part of a run, called here in this process with code that does no harm."""

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from trainstore.execution.arrays import save_part
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.worker.devices import Refused, available_devices, resolve
from trainstore.execution.worker.training import as_tensors, train
from trainstore.records.datasets import Part, PartName, Sequences

HEAD = "import sys, torch\nfrom torch import nn\ndef train_model(X_train, y_train, X_val, y_val, device, **rest):\n"

Claim = dict[str, Any]


@pytest.fixture
def claim(parts: dict[PartName, Part], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Claim]]:
    """Run code as the worker does and return what it claims."""

    def run(code: str, **hyperparameters: Any) -> Claim:
        monkeypatch.delitem(sys.modules, "training_function", raising=False)
        for name, part in parts.items():
            save_part(job.inputs, name, part)
        job.function_file.write_text(code, errors="surrogatepass")
        files = {path.stem: os.open(path, os.O_CREAT | os.O_RDWR) for path in (job.weights, job.structure)}
        claims: list[Claim] = []
        train({**files, "hyperparameters": hyperparameters}, job, torch.device("cpu"), claims.append)
        for file in files.values():
            os.close(file)
        return claims[0]

    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with JobFolder.create() as job:
        yield run
    sys.modules.pop("training_function", None)


def test_a_result_is_claimed_with_its_metrics(claim: Callable[..., Claim]) -> None:
    claimed = claim(
        f"{HEAD}    return nn.Linear(1, 1), {{'loss': rest['lr'], 'curve': [1, 2], 'note': 'x'}}\n", lr=0.5
    )
    assert claimed == {
        "outcome": "succeeded",
        "metrics": {"loss": (0.5).hex()},
        "curves": {"curve": [1, 2]},
        "unrecorded": ["note"],
    }


@pytest.mark.parametrize(
    ("code", "outcome", "reason"),
    [
        (f"{HEAD}    sys.exit(0)\n", "failed", "SystemExit: 0"),
        (f"{HEAD}    raise KeyboardInterrupt\n", "failed", "KeyboardInterrupt"),
        (f"{HEAD}    raise ValueError('first\\nsecond')\n", "failed", "ValueError: first"),
        (f"{HEAD}    assert False\n", "failed", "AssertionError"),
        (
            f"{HEAD}    return train_model(X_train, y_train, X_val, y_val, device)\n",
            "failed",
            "RecursionError",
        ),
        (f"{HEAD}    raise MemoryError\n", "out_of_memory", "MemoryError"),
        (f"{HEAD}    torch.empty(1 << 50)\n", "out_of_memory", "RuntimeError"),
        (
            f"{HEAD}    raise torch.OutOfMemoryError('CUDA out of memory.')\n",
            "out_of_memory",
            "CUDA out of memory",
        ),
        (f"{HEAD}    raise RuntimeError('MPS backend out of memory')\n", "out_of_memory", "MPS backend"),
        (f"{HEAD}    return None\n", "invalid_result", "of type NoneType"),
        (
            f"{HEAD}    return nn.Linear(1, 1), {{'val_loss': float('nan')}}\n",
            "invalid_result",
            "metric 'val_loss' is nan",
        ),
        (
            f"{HEAD}    m = nn.Linear(1, 1); m.lock = __import__('threading').Lock()\n    return m, {{}}\n",
            "invalid_result",
            "the model cannot be saved: TypeError: cannot pickle",
        ),
        ("def train_model(:\n", "failed", "SyntaxError: invalid syntax"),
        (
            "import nowhere_to_be_found\n",
            "failed",
            "ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        ),
        ("def train_model(X): pass\n", "failed", "TypeError: train_model() takes 1 positional argument"),
        ("train_model = 3\n", "invalid_result", "defines no function train_model"),
        ("'\ud800'\n", "failed", "Error"),
    ],
    ids=range(17),
)
def test_whatever_else_happens_is_claimed_with_a_reason(
    claim: Callable[..., Claim], code: str, outcome: str, reason: str
) -> None:
    claimed = claim(code)
    assert claimed["outcome"] == outcome
    assert reason in claimed["reason"]
    assert "\n" not in claimed["reason"]
    assert ("error" in claimed) == (outcome != "invalid_result")


def test_the_traceback_begins_where_the_function_does(claim: Callable[..., Claim]) -> None:
    code = f"{HEAD}    try:\n        nn.Linear(2, 2)(X_train)\n    except RuntimeError as e:\n        raise ValueError('bad') from e\n"
    traceback = claim(code)["error"]["traceback"]
    assert "mat1 and mat2" in traceback
    assert 'File "training_function.py", line 7, in train_model' in traceback
    assert "trainstore" not in traceback
    assert "ts-job" not in traceback


def test_an_exception_whose_text_fails_is_told_all_the_same(claim: Callable[..., Claim]) -> None:
    code = f"class Evil(Exception):\n    def __str__(self): raise OSError\n{HEAD}    raise Evil\n"
    claimed = claim(code)
    assert (claimed["outcome"], claimed["error"]["type"]) == ("failed", "Evil")


def test_sequences_become_a_list_of_tensors() -> None:
    sequences = Sequences(np.arange(8, dtype=np.float32).reshape(4, 2), np.array([0, 3, 3, 4]))
    tensors = as_tensors(sequences)
    assert isinstance(tensors, list)
    assert [tuple(tensor.shape) for tensor in tensors] == [(3, 2), (0, 2), (1, 2)]
    assert tensors[2].tolist() == [[6.0, 7.0]]


@pytest.mark.parametrize(
    ("gpus", "mps", "requested", "device", "name"),
    [
        (0, False, "auto", "cpu", "cpu"),
        (0, True, "auto", "mps", "mps"),
        (2, False, "auto", "cuda", "cuda:0"),
        (2, False, "cuda", "cuda", "cuda:0"),
        (2, False, "cuda:0", "cuda", "cuda:0"),
        (2, False, "cuda:1", "cuda:1", "cuda:1"),
        (2, False, "cpu", "cpu", "cpu"),
    ],
)
def test_which_device_is_used(
    monkeypatch: pytest.MonkeyPatch, gpus: int, mps: bool, requested: str, device: str, name: str
) -> None:
    chosen: list[str] = []
    _pretend(monkeypatch, gpus, mps)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    assert resolve(requested) == (torch.device(device), name)
    assert chosen == [name] * name.startswith("cuda")


@pytest.mark.parametrize("requested", ["cuda", "cuda:0", "mps"])
def test_a_device_that_is_not_here_is_refused_with_what_is(
    monkeypatch: pytest.MonkeyPatch, requested: str
) -> None:
    _pretend(monkeypatch, gpus=0, mps=False)
    with pytest.raises(Refused, match=f"device '{requested}' is not here; this machine has cpu"):
        resolve(requested)
    _pretend(monkeypatch, gpus=1, mps=True)
    assert available_devices() == ["cuda:0", "mps", "cpu"]


def _pretend(monkeypatch: pytest.MonkeyPatch, gpus: int, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
