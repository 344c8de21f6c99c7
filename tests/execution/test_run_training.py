"""One training function in a real worker: what it is given, what comes back, what repeats."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from trainstore.errors import DeviceUnavailable, UsageError
from trainstore.execution.request import TrainingResult
from trainstore.execution.weights_file import read_weights_header
from trainstore.records.datasets import Part, Sequences

Train = Callable[..., AbstractContextManager[TrainingResult]]
Again = Callable[..., AbstractContextManager[TrainingResult]]
ROOT = Path(__file__).parents[2]


def printed(result: TrainingResult, word: str) -> str:
    return next(line for line in result.output_tail.splitlines() if line.startswith(word))


def test_metrics_and_curves_keep_their_kinds(trained: TrainingResult) -> None:
    assert trained.outcome == "succeeded"
    assert trained.reason is None
    assert trained.error is None
    assert trained.metrics["rows"] == 20
    assert trained.metrics["quantised"] is False
    assert trained.metrics["f32"] == float(np.float32(0.1))
    assert set(trained.metrics) == {"val_loss", "rows", "quantised", "f32", "nested"}
    assert len(trained.curves["loss"]) == len(trained.curves["drawn"]) == 3
    assert trained.metrics["val_loss"] == trained.curves["loss"][-1]
    assert trained.unrecorded == ["note", "missing"]


def test_the_function_gets_tensors_and_hyperparameters(trained: TrainingResult) -> None:
    assert printed(trained, "types") == "types torch.float32 (20, 4) torch.int64 cpu device cpu"
    assert printed(trained, "arguments") == "arguments 0.1 [8, 3] {}"


def test_the_function_gets_nothing_else(trained: TrainingResult) -> None:
    variables = printed(trained, "environment")
    assert "OPENAI_API_KEY" not in variables
    assert "'HOME'" in variables
    if sys.platform == "linux":
        for target in printed(trained, "descriptors").split()[1:]:
            assert target == "/dev/null" or target.startswith("pipe:") or "/ts-job-" in target
    assert printed(trained, "input") == "input True True"


def test_output_is_plain(trained: TrainingResult) -> None:
    assert printed(trained, "red") == "red"


def test_the_record_says_where_and_under_what_it_ran(trained: TrainingResult) -> None:
    assert trained.device == {"requested": "cpu", "used": "cpu", "mapped": False, "mapped_names": []}
    assert trained.threads == 1
    assert trained.environment["packages"]["numpy"] == trained.environment["numpy"] == np.__version__
    assert trained.environment["python"] == ".".join(map(str, sys.version_info[:3]))
    assert trained.environment["cpu_capability"]
    assert trained.environment["imports"] == ["numpy", "torch"]
    assert trained.environment["driver"] is None
    assert trained.sandbox["level"] in ("partial", "strong")
    assert {"environment", "process_tree", "wall_limit", "resource_limits"} <= set(trained.sandbox["layers"])
    assert 0 < trained.duration_s < 120


def test_the_weights_are_named_and_tied_ones_stored_once(trained: TrainingResult) -> None:
    assert trained.weights is not None
    trained.weights.seek(0)
    arrays = load(trained.weights.read())
    assert set(arrays) == {"block.inner.weight", "block.inner.bias", "head.weight", "head.bias", "_extra.0"}
    assert arrays["block.inner.weight"].shape == (8, 4)
    assert read_weights_header(trained.weights).aliases == {
        "tied.weight": "head.weight",
        "tied.bias": "head.bias",
    }


def test_an_equal_run_gives_equal_bits(trained: TrainingResult, train_again: Again) -> None:
    with train_again() as again:
        assert again.weights_digest == trained.weights_digest
        assert again.metrics == trained.metrics
        assert again.curves == trained.curves


@pytest.mark.slow
def test_another_seed_gives_other_weights(trained: TrainingResult, train_again: Again) -> None:
    with train_again(seed=8) as again:
        assert again.weights_digest != trained.weights_digest


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "CPU", "cpu\n", "cuda:1234"])
def test_what_is_no_device_is_a_mistake_of_the_command_line(train: Train, device: str) -> None:
    with pytest.raises(UsageError, match="not the name of a device"), train("", device=device):
        pass


def test_a_device_that_is_not_here_is_refused_before_the_code_runs(train: Train) -> None:
    lines: list[str] = []
    with (
        pytest.raises(DeviceUnavailable, match=r"'cuda:97' is not here; this machine has .*cpu") as refused,
        train("print('ran')", lines.append, device="cuda:97"),
    ):
        pass
    assert lines == []
    assert "--device auto" in refused.value.hint


def test_sequences_and_loaders_with_processes(train: Train) -> None:
    code = """
import torch
from torch.utils.data import DataLoader, Dataset

def train_model(X_train, y_train, X_val, y_val, device):
    class Rows(Dataset):
        def __len__(self):
            return len(X_train)
        def __getitem__(self, index):
            return X_train[index], y_train[index]
    def pad(rows):
        return torch.nn.utils.rnn.pad_sequence([x for x, _ in rows], batch_first=True)
    shapes = [tuple(batch.shape) for batch in DataLoader(Rows(), 2, collate_fn=pad, num_workers=2)]
    print(type(X_train).__name__, [tuple(x.shape) for x in X_train], shapes)
    return torch.nn.Linear(2, 2), {"sum": sum(x.sum() for x in X_train)}
"""
    sequences = Sequences(np.arange(12, dtype=np.float32).reshape(6, 2), np.array([0, 1, 4, 6]))
    part = Part(sequences, np.array([0, 1, 0]))
    lines: list[str] = []
    with train(code, lines.append, parts={"train": part, "val": part}) as result:
        assert result.outcome == "succeeded", result.output_tail
        assert result.metrics == {"sum": 66.0}
    assert lines == ["list [(1, 2), (3, 2), (2, 2)] [(2, 3, 2), (1, 2, 2)]"]


@pytest.mark.slow
def test_loaders_that_start_new_interpreters(train: Train) -> None:
    code = """
import torch
from torch.utils.data import DataLoader, Dataset

class Rows(Dataset):
    def __init__(self, x):
        self.x = x
    def __len__(self):
        return len(self.x)
    def __getitem__(self, index):
        return self.x[index]

def train_model(X_train, y_train, X_val, y_val, device):
    batches = list(DataLoader(Rows(X_train), 10, num_workers=1, multiprocessing_context="spawn"))
    return torch.nn.Linear(2, 2), {"batches": len(batches)}
"""
    with train(code) as result:
        assert result.metrics == {"batches": 2}, result.output_tail


def test_neither_the_supervisor_nor_the_parent_imports_torch() -> None:
    script = """
import sys
import trainstore.execution.run_training, trainstore.execution.model_session, trainstore.execution.verdict
assert "torch" not in sys.modules and "sklearn" not in sys.modules
for name in [name for name in sys.modules if name.startswith(("numpy", "trainstore"))]:
    del sys.modules[name]
import trainstore.execution.supervisor.watch
assert "numpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
