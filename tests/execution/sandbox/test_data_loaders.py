"""Data loaders start processes and pass tensors between them; they work in every sandbox."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from trainstore.execution.request import TrainingResult
from trainstore.execution.sandbox.levels import SandboxDemand

Train = Callable[..., AbstractContextManager[TrainingResult]]

LOADERS = """
import torch
from torch.utils.data import DataLoader, Dataset

class Rows(Dataset):
    def __init__(self, rows):
        self.rows = rows
    def __len__(self):
        return len(self.rows)
    def __getitem__(self, index):
        return self.rows[index]

def total(rows, **options):
    loader = DataLoader(Rows(rows), 5, **options)
    sums = [float(sum(batch.double().sum() for batch in loader)) for epoch in range(2)]
    assert sums[0] == sums[1]
    return sums[0]

def train_model(X_train, y_train, X_val, y_val, device, kinds):
    totals = {}
    for kind in kinds:
        method, _, strategy = kind.partition("+")
        if strategy == "file_system":
            torch.multiprocessing.set_sharing_strategy("file_system")
        options = {} if method == "none" else {
            "num_workers": 2, "multiprocessing_context": method, "persistent_workers": strategy == "persistent",
        }
        totals[kind] = total(X_train, **options)
    return torch.nn.Linear(1, 1), totals
"""


def check(train: Train, demand: SandboxDemand, kinds: list[str]) -> None:
    with train(LOADERS, sandbox=demand, hyperparameters={"kinds": kinds}) as result:
        assert result.outcome == "succeeded", (result.reason, result.output_tail)
        assert set(result.metrics) == set(kinds)
        assert len(set(result.metrics.values())) == 1


def test_loaders_without_workers_and_with_forked_ones(train: Train, demand: SandboxDemand) -> None:
    check(train, demand, ["none", "fork", "fork+persistent", "fork+file_system"])


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_loaders_that_start_new_interpreters(train: Train, demand: SandboxDemand, method: str) -> None:
    check(train, demand, [f"{method}+persistent"])
