"""Starters as modules, and small slices of real data for them."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_digits

from trainstore.generation.starters_catalogue import all_starters

CODE = {starter.model_name: starter.training_code for starter in all_starters()}


@dataclass(frozen=True)
class Trained:
    """A model as a starter returned it, with the validation part that it was trained with."""

    model: torch.nn.Module
    metrics: dict[str, Any]
    X_val: Any
    y_val: torch.Tensor

    def predict(self, X: Any) -> torch.Tensor:
        with torch.no_grad():
            return self.model(X)


@pytest.fixture(scope="session")
def starter_module() -> Callable[[str], ModuleType]:
    """Load the code of a starter under a name that nothing can import, as a checkpoint's reader would meet it."""
    modules: dict[str, ModuleType] = {}

    def load(model_name: str) -> ModuleType:
        if model_name not in modules:
            modules[model_name] = ModuleType(f"starter_{model_name}")
            exec(compile(CODE[model_name], model_name, "exec"), modules[model_name].__dict__)
        return modules[model_name]

    return load


@pytest.fixture(scope="session")
def train(starter_module: Callable[[str], ModuleType]) -> Callable[..., Trained]:
    """Train a starter on data of which the last third is for validation."""

    def run(model_name: str, X: Any, y: torch.Tensor, seed: int = 0, **hyperparams: Any) -> Trained:
        torch.manual_seed(seed)
        cut = len(y) - len(y) // 3
        parts = X[:cut], y[:cut], X[cut:], y[cut:]
        model, metrics = starter_module(model_name).train_model(*parts, "cpu", **hyperparams)
        return Trained(model, metrics, X[cut:], y[cut:])

    return run


@pytest.fixture(scope="session")
def samples() -> Callable[[str, str], tuple[Any, torch.Tensor]]:
    """Sixty real samples of a kind of data, for a task: digits as rows, images or strokes; patients for values."""
    digits = load_digits()
    images = digits.images[:60].astype(np.float32)
    inputs = {
        "tabular": torch.tensor(digits.data[:60], dtype=torch.float32),
        "image": torch.tensor(images[:, None]),
        "sequence": torch.tensor(images),
        "ragged_sequence": [torch.tensor(np.argwhere(image > 0), dtype=torch.float32) for image in images],
    }
    ink = torch.tensor(images.sum(axis=(1, 2)))
    patients = load_diabetes()

    def pick(kind: str, task: str) -> tuple[Any, torch.Tensor]:
        if task == "classification":
            return inputs[kind], torch.tensor(digits.target[:60])
        if kind == "tabular":
            return (
                torch.tensor(patients.data[:60], dtype=torch.float32),
                torch.tensor(patients.target[:60], dtype=torch.float32),
            )
        return inputs[kind], ink

    return pick
