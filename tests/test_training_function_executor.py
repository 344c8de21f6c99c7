"""The usage that people know from `_models`, word for word, on real workers."""

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainstore.api import Store
from trainstore.errors import (
    InvalidData,
    InvalidRecord,
    NotFound,
    RunUnsuccessful,
    StoreNotFound,
    UsageError,
)
from trainstore.store.git.repository import Repository
from trainstore.training_function_executor import TrainingFunctionExecutor, training_executor

Git = Callable[..., str]
Make = Callable[..., Any]
SECOND = 1704067200

CODE = """\
import contextlib
import os
import pathlib
import torch
from torch import nn


def mark(path):
    with contextlib.suppress(OSError):  # a worker cannot write there
        pathlib.Path(path).write_text(str(os.getpid()))


mark("MARKER")


class Net(nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.first = nn.Linear(features, hidden)
        self.second = nn.Linear(hidden, 2)

    def forward(self, x):
        mark("MARKER.forward")
        return self.second(torch.relu(self.first(x)))


def train_model(X_train, y_train, X_val, y_val, device, hidden=4, **hyperparams):
    print("lr is", hyperparams["lr"])
    model = Net(X_train.shape[1], hidden).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=hyperparams["lr"])
    losses = []
    for _ in range(3):
        loss = nn.functional.cross_entropy(model(X_train), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, {"loss": losses[-1], "hidden": hidden, "losses": losses}
"""

RAGGED = """\
import torch

def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    class Mean(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1))

        def forward(self, sequences):
            return torch.stack([self.scale * sequence.mean() for sequence in sequences])

    return Mean(), {"longest": max(len(sequence) for sequence in X_train), "validation": len(X_val)}
"""


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "marker"


@pytest.fixture
def data() -> tuple[Any, Any, Any, Any]:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(30, 3)).astype(np.float32)
    y = np.arange(30) % 2
    return X[:20], y[:20], X[20:], y[20:]


@pytest.fixture
def saved(store: Repository, make_record: Make, marker: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A store, the working folder, with the function ``Net``."""
    space = {"lr": {"default": 0.5, "type": "Real", "low": 1e-6, "high": 1.0, "prior": "log-uniform"}}
    code = CODE.replace("MARKER", str(marker))
    Store(store).save(make_record(code=code, bo_config=space, confidence=None).record.content)
    monkeypatch.chdir(store.root)
    return store


FLAT = f"generated_training_functions/training_function_numpy_array_Net_{SECOND}.json"


def ran_here(marker: Path) -> bool:
    return marker.exists() and int(marker.read_text()) == os.getpid()


def expected(code: str, data: tuple[Any, ...], **hyperparams: Any) -> tuple[Any, dict[str, Any]]:
    """Train in this process, as a worker does."""
    import torch

    name: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "function", "exec"), name)
        torch.manual_seed(0)
        model, metrics = name["train_model"](*map(torch.from_numpy, data), torch.device("cpu"), **hyperparams)
    return model.eval(), metrics


class TestListing:
    def test_every_version_in_the_tree_is_listed_as_the_seed_prints_it(
        self, saved: Repository, make_record: Make
    ) -> None:
        Store(saved).save(make_record(confidence=0.92, timestamp=SECOND + 5).record.content)
        functions = training_executor.list_available_training_functions()
        lines = []
        for func in functions:
            lines.append(f"{func['model_name']}: Confidence {func['confidence']:.2f}")
            lines.append(f"  File: {func['filepath']}")
            lines.append(f"  BO params: {func['bo_parameters']}")
        folder = "generated_training_functions/numpy_array/Net/training_function_numpy_array_Net"
        assert lines == [
            "Net: Confidence 0.00", f"  File: {folder}_{SECOND}.json", "  BO params: ['lr']",
            "Net: Confidence 0.92", f"  File: {folder}_{SECOND + 5}.json", "  BO params: ['lr']",
        ]  # fmt: skip
        assert set(functions[0]) == {
            "model_name", "data_type", "confidence", "filepath", "bo_parameters", "timestamp", "version"
        }  # fmt: skip

    def test_each_path_can_be_loaded_from_anywhere_in_the_store(
        self, saved: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(saved.root / "generated_training_functions")
        (function,) = training_executor.list_available_training_functions()
        assert training_executor.load_training_function(function["filepath"])["model_name"] == "Net"

    def test_outside_of_a_store_it_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(StoreNotFound):
            training_executor.list_available_training_functions()

    def test_a_folder_can_be_given(
        self, saved: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        executor = TrainingFunctionExecutor(saved.root)
        (function,) = executor.list_available_training_functions()
        assert executor.load_training_function(function["filepath"])["timestamp"] == SECOND


class TestLoading:
    @pytest.mark.parametrize("path", [FLAT, f"/elsewhere/{FLAT}", "Net", "numpy_array/Net@1"])
    def test_a_flat_path_of_old_or_a_name_finds_the_record(self, saved: Repository, path: str) -> None:
        loaded = training_executor.load_training_function(path)
        version = Store(saved).version("Net")
        assert loaded == {**Store(saved).record(version).content, "filepath": str(saved.root / version.path)}

    def test_a_file_outside_of_any_store_is_read(
        self, tmp_path: Path, make_record: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        code = "def train_model(X_train, y_train, X_val, y_val, device): pass"
        (tmp_path / "mine.json").write_bytes(make_record(code=code).file)
        assert training_executor.load_training_function("mine.json")["training_code"] == code

    def test_what_is_missing_or_broken_is_told(self, saved: Repository, tmp_path: Path) -> None:
        with pytest.raises(NotFound):
            training_executor.load_training_function("generated_training_functions/none_1.json")
        (tmp_path / "cut.json").write_text('{"model_name": ')
        (tmp_path / "code.json").write_text(json.dumps({"model_name": "N", "training_code": "def f("}))
        for name in ("cut.json", "code.json"):
            with pytest.raises(InvalidRecord):
                training_executor.load_training_function(tmp_path / name)


@pytest.mark.slow
class TestExecuting:
    def test_the_model_answers_as_the_function_itself_would_and_nothing_ran_here(
        self, saved: Repository, marker: Path, data: Any, git: Git
    ) -> None:
        import torch

        head = git(saved, "rev-parse", "HEAD")
        training_data = training_executor.load_training_function(FLAT)
        model, metrics = training_executor.execute_training_function(
            training_data, *data, device="cpu", hidden=8
        )
        answers = model(data[2])
        assert not ran_here(marker) and not ran_here(Path(f"{marker}.forward"))
        assert "training_function" not in sys.modules
        own, own_metrics = expected(training_data["training_code"], data, lr=0.5, hidden=8)
        assert ran_here(marker) and ran_here(Path(f"{marker}.forward"))
        assert metrics == own_metrics
        assert isinstance(answers, torch.Tensor)
        with torch.no_grad():
            assert torch.equal(answers, own(torch.from_numpy(data[2])))
        assert torch.equal(model(torch.from_numpy(data[2])), answers)
        weights = model.state_dict()
        assert set(weights) == set(own.state_dict())
        assert all(torch.equal(weights[name], own.state_dict()[name]) for name in weights)
        assert git(saved, "rev-parse", "HEAD") == head
        assert git(saved, "status", "--porcelain") == ""
        with pytest.raises(RunUnsuccessful):
            model(np.zeros((2, 99), np.float32))
        assert torch.equal(model(data[2]), answers)
        model.close()

    def test_a_recorded_run_is_a_commit_that_the_command_line_shows(
        self, saved: Repository, data: Any, git: Git
    ) -> None:
        import torch

        training_data = training_executor.load_training_function(FLAT)
        tensors = [torch.from_numpy(part) for part in data]
        model, metrics = training_executor.execute_training_function(
            training_data, *tensors, device="cpu", record=True, lr=np.float64(0.25), hidden=np.int64(6)
        )
        (run,) = Store(saved).runs("Net")
        record = Store(saved).run_record(run.run_id)
        assert record.chosen == {"lr": 0.25, "hidden": 6}
        assert {**record.claimed_metrics, **record.curves} == metrics
        assert metrics["hidden"] == 6
        assert record.data["source"] == "arrays"
        assert record.scored_metrics is not None and "validation_accuracy" in record.scored_metrics
        assert "accuracy" not in record.scored_metrics
        assert git(saved, "status", "--porcelain") == ""
        assert model.state_dict()["first.weight"].shape == (6, 3)
        with pytest.raises(UsageError, match="from Python"):
            Store(saved).rerun(run.run_id)

    def test_lists_of_sequences_of_unequal_length(self, data: Any, make_record: Make, tmp_path: Path) -> None:
        import torch

        X = [np.full((2 + place % 5, 2), place, np.float32) for place in range(20)]
        y = np.linspace(0.0, 1.0, 20)
        record = make_record(code=RAGGED, data_type="sequence_list", bo_config={}).record.content
        executor = TrainingFunctionExecutor(tmp_path)
        model, metrics = executor.execute_training_function(
            record, X[:15], y[:15], X[15:], y[15:], device="cpu"
        )
        assert metrics == {"longest": 6, "validation": 5}
        answers = model([torch.from_numpy(sequence) for sequence in X[15:]])
        assert torch.equal(answers, torch.arange(15.0, 20.0).unsqueeze(1))

    def test_a_function_that_fails_raises_with_its_reason(self, data: Any, make_record: Make) -> None:
        code = "def train_model(X_train, y_train, X_val, y_val, device):\n    raise ValueError('no such layer')\n"
        with pytest.raises(RunUnsuccessful, match="failed: ValueError: no such layer"):
            training_executor.execute_training_function(
                make_record(code=code, bo_config={}).record.content, *data, device="cpu"
            )


class TestRefusing:
    """Nothing runs."""

    def test_hyperparameters_that_the_function_cannot_take(self, make_record: Make, data: Any) -> None:
        code = "def train_model(X_train, y_train, X_val, y_val, device, lr=1): pass"
        record = make_record(code=code, bo_config={}).record.content
        for hyperparams in ({"momentum": 1}, {"lr": object()}, {"lr": float("nan")}):
            with pytest.raises(UsageError):
                training_executor.execute_training_function(record, *data, **hyperparams)

    def test_a_device_that_is_none(self, make_record: Make, data: Any) -> None:
        code = "def train_model(X_train, y_train, X_val, y_val, device): pass"
        with pytest.raises(UsageError, match="'tpu'"):
            training_executor.execute_training_function(
                make_record(code=code, bo_config={}).record.content, *data, device="tpu"
            )

    def test_data_that_does_not_fit_together(self, make_record: Make, data: Any) -> None:
        code = "def train_model(X_train, y_train, X_val, y_val, device): pass"
        record = make_record(code=code, bo_config={}).record.content
        X_train, y_train, X_val, y_val = data
        for parts in (
            (X_train, y_train[:-1], X_val, y_val),
            (X_train, y_train, X_val[:, :2], y_val),
            (None,) * 4,
        ):
            with pytest.raises(InvalidData):
                training_executor.execute_training_function(record, *parts)

    def test_a_record_that_is_not_saved_is_not_recorded(self, make_record: Make, data: Any) -> None:
        code = "def train_model(X_train, y_train, X_val, y_val, device): pass"
        with pytest.raises(InvalidRecord, match="saved"):
            training_executor.execute_training_function(
                make_record(code=code, bo_config={}).record.content, *data, record=True
            )

    def test_code_that_is_not_the_saved_code_is_not_recorded_as_it(
        self, saved: Repository, data: Any, git: Git
    ) -> None:
        head = git(saved, "rev-parse", "HEAD")
        training_data = training_executor.load_training_function(FLAT)
        changed = {**training_data, "training_code": training_data["training_code"] + "# better\n"}
        with pytest.raises(InvalidRecord, match="changed since"):
            training_executor.execute_training_function(changed, *data, record=True)
        assert git(saved, "rev-parse", "HEAD") == head

    def test_code_that_is_wrong(self, make_record: Make, data: Any) -> None:
        with pytest.raises(InvalidRecord, match="syntax error"):
            training_executor.execute_training_function(make_record(code="def (").record.content, *data)
