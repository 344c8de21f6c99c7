"""What a function claims, against what its model reaches on data that trainstore asks it about."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainstore.api import Store
from trainstore.store.git.repository import Repository
from trainstore.workflows.run import RunResult
from trainstore.workflows.run_options import RunOptions

pytestmark = pytest.mark.slow

Call = Callable[..., Any]
LIE = """\
import torch

def train_model(X_train, y_train, X_val, y_val, device):
    return torch.nn.Linear(X_train.shape[1], 2), {"val_accuracy": 0.999}
"""
CHANNELS_FIRST = """\
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3, 8))
        self.weight.data[0] = 1

    def forward(self, x):  # (rows, channels, steps)
        first = (x * self.weight).sum((1, 2))
        return torch.stack([-first, first], dim=1)

def train_model(X_train, y_train, X_val, y_val, device):
    model = Net()
    guessed = model(X_val.permute(0, 2, 1)).argmax(1)
    return model, {"val_acc": (guessed == y_val).float().mean().item()}
"""
OF_UNEQUAL_LENGTH = CHANNELS_FIRST.replace(
    "torch.zeros(3, 8)", "torch.tensor([[1.0], [0.0], [0.0]])"
).replace("model(X_val.permute(0, 2, 1)).argmax(1)", "torch.cat([model(x.T[None]).argmax(1) for x in X_val])")
NO_FORWARD = """\
import torch

def train_model(X_train, y_train, X_val, y_val, device):
    return torch.nn.Linear(X_train.shape[1] + 1, 2), {"val_acc": 0.9}
"""


@pytest.fixture
def run(store: Repository, tmp_path: Path, make_record: Any) -> Callable[..., RunResult]:
    def of(code: str, X: np.ndarray, y: np.ndarray) -> RunResult:
        np.savez(tmp_path / "data.npz", X=X, y=y)
        Store(store).save(make_record("Net", code).record.content)
        return Store(store).run("Net", RunOptions(str(tmp_path / "data.npz")))

    return of


def test_a_lie_is_told_with_both_figures_wherever_the_run_is_shown(
    store: Repository, run: Callable[..., RunResult], call: Call
) -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    record = run(LIE, X, np.arange(60) % 2).record
    claim = record.scoring["claim"]
    assert (claim["name"], claim["claimed"], claim["reproduced"]) == ("val_accuracy", 0.999, False)
    assert record.scored_metrics is not None
    assert claim["measured"] == record.scored_metrics["validation_accuracy"]
    assert record.claim == Store(store).runs()[0].claim == "not reproduced"
    where = ("--store", store.root)
    assert "not reproduced" in call("runs", *where).out
    assert "claim not reproduced" in call("show", "Net", *where).out
    assert "claims val_accuracy 0.999" in call("diff", "Net", "Net", *where).out
    assert call("diff", "Net", "Net", "--json", *where).document["claims"]["old"] == "not reproduced"
    assert call("verify", *where).code == 0


def test_a_model_that_wants_its_channels_first_is_asked_so(run: Callable[..., RunResult]) -> None:
    y = np.arange(60) % 2
    X = np.random.default_rng(0).normal(size=(60, 8, 3)) * 0.1
    X[:, :, 0] += np.where(y, 1, -1)[:, None]
    record = run(CHANNELS_FIRST, X, y).record
    assert (record.scoring["swapped_axes"], record.claim) == (True, "reproduced")
    assert record.scored_metrics is not None
    assert record.scored_metrics["accuracy"] == record.claimed_metrics["val_acc"] == 1.0


def test_sequences_of_unequal_length_are_asked_channels_first_too(
    store: Repository, tmp_path: Path, make_record: Any
) -> None:
    rows = [
        {"x": [[sign * (1.0 + step), 0.0, 9.0] for step in range(2 + place % 3)], "y": int(sign > 0)}
        for place, sign in enumerate([1, -1, -1, 1] * 15)
    ]
    (tmp_path / "data.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    Store(store).save(make_record("Net", OF_UNEQUAL_LENGTH).record.content)
    record = Store(store).run("Net", RunOptions(str(tmp_path / "data.jsonl"))).record
    assert (record.scoring["swapped_axes"], record.claim) == (True, "reproduced")
    assert record.scored_metrics is not None and record.scored_metrics["accuracy"] == 1.0
    assert record.model is not None
    _, channels, steps = record.model.modules[0].input_shape or []
    assert channels == 3 and steps in (2, 3, 4)
    found = Store(store).predict(record.run_id, tmp_path / "data.jsonl")
    assert found.predicted == [row["y"] for row in rows]


def test_a_model_that_cannot_make_a_forward_pass_is_flagged_and_gets_no_score(
    store: Repository, run: Callable[..., RunResult]
) -> None:
    record = run(NO_FORWARD, np.ones((60, 4, 3)), np.arange(60) % 2).record
    assert (record.outcome, record.scored_metrics) == ("succeeded", None)
    assert record.scoring["reason"].startswith("claim not reproduced: the model cannot predict on this data")
    assert Store(store).runs()[0].claim == "not reproduced"
