"""Twenty executions of one function in fresh processes, each judged as a rerun is: the same to the bit."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from trainstore.execution.request import TrainingResult
from trainstore.execution.verdict import compare_runs

Train = Callable[..., AbstractContextManager[TrainingResult]]

# Whatever draws or has an order of its own: initial weights, shuffled batches, dropout, three generators, sets.
CODE = """
import random
import numpy as np, torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

def train_model(X_train, y_train, X_val, y_val, device):
    order = list({"relu", "batch", "drop", "linear"})
    layers = {"relu": nn.ReLU(), "batch": nn.BatchNorm1d(16), "drop": nn.Dropout(0.2), "linear": nn.Linear(16, 16)}
    model = nn.Sequential(nn.Linear(4, 16), *(layers[name] for name in order), nn.Linear(16, 3)).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01 * random.uniform(0.9, 1.1))
    losses = []
    for epoch in range(3):
        for X, y in DataLoader(TensorDataset(X_train, y_train), batch_size=7, shuffle=True):
            X = X + 0.01 * torch.from_numpy(np.random.randn(*X.shape)).float()
            loss = nn.functional.cross_entropy(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    model.eval()
    return model, {"val_loss": nn.functional.cross_entropy(model(X_val), y_val).item(), "losses": losses}
"""


def as_recorded(result: TrainingResult) -> dict[str, Any]:
    """What of a result a verdict looks at, as run.json has it."""
    assert result.outcome == "succeeded", (result.reason, result.output_tail)
    run = {
        "outcome": result.outcome, "data": {"digest": "d"}, "version": {"code_digest": "c"}, "seed": 0,
        "hyperparameters": {}, "device": dict(result.device), "threads": result.threads,
        "environment": dict(result.environment), "claimed_metrics": dict(result.metrics),
        "curves": dict(result.curves), "weights_digest": result.weights_digest,
    }  # fmt: skip
    again: dict[str, Any] = json.loads(json.dumps(run))
    return again


@pytest.mark.slow
def test_twenty_of_twenty_are_identical(train: Train) -> None:
    with train(CODE) as result:
        original = as_recorded(result)
    verdicts = []
    for _ in range(20):
        with train(CODE) as result:
            verdicts.append(compare_runs(original, as_recorded(result)))
    assert [verdict.verdict for verdict in verdicts] == ["identical"] * 20
    assert all(verdict.changes == [] for verdict in verdicts)
    with train(CODE, seed=1) as result:  # the judge can tell
        assert result.weights_digest != original["weights_digest"]
