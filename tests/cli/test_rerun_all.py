"""``rerun --all``: which results still hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainstore.api import Store
from trainstore.errors import NotFound, PartlyDone, ResultDiffers
from trainstore.store.git.repository import Repository
from trainstore.workflows.rerun_many import runs_to_repeat
from trainstore.workflows.run_options import RunOptions

Call = Callable[..., Any]
STEADY = """\
import torch

def train_model(X_train, y_train, X_val, y_val, device):
    return torch.nn.Linear(X_train.shape[1], 2), {"loss": 0.5}
"""
UNSTEADY = STEADY.replace("import torch\n", "import os, torch\n").replace(
    "0.5", "int.from_bytes(os.urandom(4), 'big')"
)


@pytest.fixture
def with_runs(store: Repository, tmp_path: Path, make_record: Any) -> dict[str, str]:
    """A run of each of two functions, by its function's name; the data of the first is pinned."""
    np.savez(tmp_path / "data.npz", X=np.ones((20, 2)), y=np.arange(20) % 2)
    opened = Store(store)
    opened.add_data("pinned", tmp_path / "data.npz")
    opened.save(make_record("Steady", STEADY).record.content)
    opened.save(make_record("Unsteady", UNSTEADY).record.content)
    data = {"Steady": "pinned", "Unsteady": str(tmp_path / "data.npz")}
    return {name: opened.run(name, RunOptions(where)).record.run_id for name, where in data.items()}


@pytest.mark.slow
def test_each_run_is_repeated_and_what_does_not_hold_is_told(
    store: Repository, with_runs: dict[str, str], tmp_path: Path, call: Call
) -> None:
    where = ("--store", store.root, "--json")
    one = call("rerun", "Steady", "--all", *where)
    assert (one.code, one.document["not_repeated"]) == (0, [])
    assert [found["verdict"] for found in one.document["reruns"]] == ["identical"]
    every = call("rerun", "--since", "1d", *where)
    assert every.code == ResultDiffers.exit_code
    told = [line for line in every.err.split("\n") if line.startswith(("· run ", "  verdict "))]
    assert [line.split()[0] for line in told] == ["·", "verdict", "·", "verdict"]  # each as it ends
    assert [line.split()[-1] for line in told[1::2]] == ["identical", "different"]
    found = {rerun["original"]: rerun["verdict"] for rerun in every.document["reruns"]}
    assert found == {with_runs["Steady"]: "identical", with_runs["Unsteady"]: "different"}
    (tmp_path / "data.npz").unlink()
    partly = call("rerun", "--all", *where)
    assert partly.code == PartlyDone.exit_code
    assert [rerun["original"] for rerun in partly.document["reruns"]] == [with_runs["Steady"]]
    assert partly.document["not_repeated"][0]["run_id"] == with_runs["Unsteady"]


def test_nothing_to_repeat_is_no_error(store: Repository, call: Call) -> None:
    ended = call("rerun", "--all", "--store", store.root)
    assert (ended.code, ended.out) == (0, "") and "no such run" in ended.err


@pytest.mark.parametrize("arguments", [(), ("--all", "--data", "sklearn:iris")])
def test_what_cannot_be_meant_is_refused(store: Repository, call: Call, arguments: tuple[str, ...]) -> None:
    assert call("rerun", *arguments, "--store", store.root).code == 2


def test_a_function_that_is_none_is_told(store: Repository) -> None:
    with pytest.raises(NotFound):
        runs_to_repeat(store, "Nothing")
