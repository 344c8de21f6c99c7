"""What stays open at every level, and why it does not matter: a claim can be forged, the score cannot."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from trainstore.errors import RunUnsuccessful
from trainstore.execution.model_session import ModelSession, SessionSettings
from trainstore.execution.request import TrainingRequest
from trainstore.execution.run_training import run_training
from trainstore.execution.sandbox.levels import Level, SandboxDemand
from trainstore.execution.scoring import score
from trainstore.records.datasets import Part, PartName

# It makes the worker's own reporting claim a perfect accuracy, and returns a model that knows nothing.
FORGERY = """
import json, torch


def train_model(X_train, y_train, X_val, y_val, device):
    class Guess(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.zero = torch.nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return self.zero * x[:, :2] + torch.tensor([1.0, 0.0])

    honest = json.dumps
    def forged(message, **options):
        if isinstance(message, dict) and "metrics" in message:
            message = {**message, "metrics": {"accuracy": (1.0).hex()}}
        return honest(message, **options)
    json.dumps = forged
    return Guess(), {"accuracy": 0.5}
"""
PICKLE = """
import os, torch


def train_model(X_train, y_train, X_val, y_val, device, opened):
    class Model(torch.nn.Module):
        def __reduce__(self):
            return os.mkdir, (opened,)

    return Model(), {}
"""

Parts = dict[PartName, Part]


@pytest.fixture
def halves() -> Parts:
    """Two classes of equal size."""
    part = Part(np.ones((20, 3), np.float32), np.arange(20) % 2)
    return {"train": part, "val": part, "test": part}


@pytest.mark.slow
def test_a_forged_claim_does_not_move_the_score(halves: Parts) -> None:
    request = TrainingRequest(code=FORGERY, parts=halves, device="cpu", sandbox=SandboxDemand(least="weak"))
    with run_training(request, lambda line: None) as result:
        assert result.metrics == {"accuracy": 1.0}
        assert result.weights is not None and result.structure is not None
        with ModelSession(
            result.weights, result.structure, SessionSettings(sandbox=request.sandbox)
        ) as session:
            outputs = session.predict(halves["test"].X)
    assert score("classification", outputs, halves["test"].y)["accuracy"] == 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("level", "reached"), [("weak", True), ("partial", False), ("strong", False)])
def test_a_malicious_pickle_is_opened_in_a_sandbox_like_that_of_training(
    level: Level,
    reached: bool,
    halves: Parts,
    tmp_path: Path,
    or_skip: Callable[[], AbstractContextManager[None]],
) -> None:
    demand = SandboxDemand(least=level, most=level)
    opened = tmp_path / "opened"
    request = TrainingRequest(
        code=PICKLE, parts=halves, device="cpu", sandbox=demand, hyperparameters={"opened": str(opened)}
    )
    with or_skip(), run_training(request, lambda line: None) as result:
        assert result.outcome == "succeeded"
        assert not opened.exists()
        assert result.weights is not None and result.structure is not None
        with pytest.raises(RunUnsuccessful, match="cannot be restored"):
            ModelSession(result.weights, result.structure, SessionSettings(sandbox=demand))
    assert opened.exists() is reached
