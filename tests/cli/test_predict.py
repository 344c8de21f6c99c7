"""Answers from a checkpoint alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from trainstore.api import Store
from trainstore.errors import CheckpointMissing, InvalidData, NotFound, RunUnsuccessful, StoreConflict
from trainstore.store.git.repository import Repository
from trainstore.workflows.run_options import RunOptions

Call = Callable[..., Any]
SIGN = """\
import torch
from torch import nn

def train_model(X_train, y_train, X_val, y_val, device, classes=2):
    class Sign(nn.Module):  # local: only a worker can restore it
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(2, 2, bias=False)
            self.tied = self.first
            self.first.weight.data = torch.tensor([[-4.0, 0.0], [4.0, 0.0]])

        def forward(self, x):
            return self.tied(x)

    return Sign(), {"val_acc": 1.0}
"""
RISE = """\
import torch

def train_model(X_train, y_train, X_val, y_val, device):
    model = torch.nn.Linear(2, 1)
    model.weight.data, model.bias.data = torch.ones(1, 2), torch.zeros(1)
    return model, {}
"""
ONE_LOGIT = """\
import torch

def train_model(X_train, y_train, X_val, y_val, device):
    model = torch.nn.Linear(2, 1)
    model.weight.data, model.bias.data = torch.tensor([[1.0, 0.0]]), torch.zeros(1)
    return model, {"val_acc": 1.0}
"""
TWO_VALUES = RISE.replace("Linear(2, 1)", "Linear(2, 2)").replace(
    "ones(1, 2), torch.zeros(1)", "ones(2, 2), torch.zeros(2)"
)
X = np.array([[-1.0, 5.0], [1.0, 5.0], [2.0, -5.0]] * 10)


@pytest.fixture(scope="module")
def runs(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A store with a run of a classifier, one of a regression, and one that failed."""
    import shutil

    folder = tmp_path_factory.mktemp("predict")
    shutil.copytree(empty_store, folder / "store", symlinks=True)
    np.savez(folder / "classes.npz", X=X, y=np.where(X[:, 0] > 0, "up", "down"))
    np.savez(folder / "values.npz", X=X, y=X.sum(axis=1))
    store = Store.open(folder / "store")
    for name, code in (
        ("Sign", SIGN),
        ("Rise", RISE),
        ("OneLogit", ONE_LOGIT),
        ("TwoValues", TWO_VALUES),
        ("Fails", RISE.replace("return", "raise SystemExit #")),
    ):
        store.save(
            {
                "model_name": name,
                "training_code": code,
                "bo_config": {},
                "data_profile": {"data_type": "numpy_array"},
            }
        )
    found = {"store": store}
    table = "".join(f"{a},{b},{'up' if a > 0 else 'down'}\n" for a, b in X)
    (folder / "table.csv").write_text(f"a,b,way\n{table}")
    data = {"Sign": "classes.npz", "OneLogit": "table.csv"}
    for name in ("Sign", "Rise", "OneLogit", "TwoValues", "Fails"):
        target = "way" if name == "OneLogit" else None
        options = RunOptions(str(folder / data.get(name, "values.npz")), target)
        found[name] = store.run(name, options).record.run_id
    return found


@pytest.mark.slow
def test_classes_are_told_by_their_own_labels(runs: dict[str, Any], tmp_path: Path, call: Call) -> None:
    np.save(tmp_path / "new.npy", np.array([[3.0, 0.0], [-3.0, 0.0]]))
    where = ("--data", tmp_path / "new.npy", "--store", runs["store"].root)
    document = call("predict", runs["Sign"], *where, "--json").document
    assert (document["predicted"], document["classes"], document["rows"]) == (
        ["up", "down"],
        ["down", "up"],
        2,
    )
    assert document["probabilities"][0][1] > 0.99
    table = [line.split() for line in call("predict", runs["Sign"][:-2], *where).out.splitlines()]
    assert table == [["ROW", "CLASS", "PROBABILITY"], ["0", "up", "1"], ["1", "down", "1"]]


@pytest.mark.slow
def test_values_are_told_as_they_are(runs: dict[str, Any], tmp_path: Path, call: Call) -> None:
    (tmp_path / "new.csv").write_text("a,b\n1,2\n-3,0.5\n")
    document = call(
        "predict", runs["Rise"], "--data", tmp_path / "new.csv", "--store", runs["store"].root, "--json"
    ).document
    assert (document["predicted"], document["probabilities"], document["classes"]) == (
        [3.0, -2.5],
        None,
        None,
    )


@pytest.mark.slow
def test_a_tables_columns_go_by_their_names_and_a_logit_stays_one(
    runs: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "new.csv").write_text("who,b,a\nme,-9,0.3\nyou,9,-0.3\n")
    found = runs["store"].predict(runs["OneLogit"], tmp_path / "new.csv")
    assert found.run.data["features"] == ["a", "b"]
    assert found.run.scoring["probabilities"] is False
    assert found.predicted == ["up", "down"]
    (tmp_path / "one.csv").write_text("a,b\n0.3,0\n")  # alone, 0.3 would pass for a probability
    assert runs["store"].predict(runs["OneLogit"], tmp_path / "one.csv").predicted == ["up"]
    (tmp_path / "lacks.csv").write_text("b,c\n1,2\n")
    with pytest.raises(InvalidData, match="no column is named 'a'"):
        runs["store"].predict(runs["OneLogit"], tmp_path / "lacks.csv")


@pytest.mark.slow
def test_data_is_found_as_a_run_finds_it(
    runs: dict[str, Any], tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.csv").write_text("a,b,way\n0.3,0,up\n-0.3,0,down\n")
    runs["store"].add_data("walks", tmp_path / "one.csv", target="way")
    (tmp_path / "one.csv").unlink()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "walks").mkdir()  # a name of the store's goes before a file of that name
    for run, expected in (("OneLogit", ["up", "down"]), ("Sign", ["up", "down"])):
        assert runs["store"].predict(runs[run], "walks").predicted == expected
    document = call(
        "predict", runs["Rise"], "--data", "walks", "--store", runs["store"].root, "--json"
    ).document
    assert document["predicted"] == pytest.approx([0.3, -0.3])
    with pytest.raises(InvalidData, match="There is no data set and no file 'walk'") as unknown:
        runs["store"].predict(runs["Sign"], "walk")
    assert unknown.value.hint == "Did you mean walks?"
    with pytest.raises(RunUnsuccessful, match="cannot predict on this data"):  # it has four columns
        runs["store"].predict(runs["Sign"], "sklearn:iris")


@pytest.mark.slow
def test_what_cannot_be_answered_is_told(runs: dict[str, Any], tmp_path: Path) -> None:
    store = runs["store"]
    np.save(tmp_path / "wide.npy", np.ones((2, 9)))
    np.save(tmp_path / "broken.npy", np.array([[np.nan, 1.0]]))
    with pytest.raises(RunUnsuccessful, match="cannot predict on this data") as raised:
        store.predict(runs["Sign"], tmp_path / "wide.npy")
    assert raised.value.hint == "It was trained on inputs of 2; these are of 9."
    np.save(tmp_path / "good.npy", np.ones((2, 2)))
    with pytest.raises(RunUnsuccessful, match="not one value for each row") as raised:
        store.predict(runs["TwoValues"], tmp_path / "good.npy")
    assert raised.value.hint == ""
    with pytest.raises(InvalidData, match="NaN"):
        store.predict(runs["Sign"], tmp_path / "broken.npy")
    with pytest.raises(CheckpointMissing, match="has no checkpoint"):
        store.predict(runs["Fails"], tmp_path / "wide.npy")
    with pytest.raises(NotFound):
        store.predict("2000", tmp_path / "wide.npy")


@pytest.mark.slow
def test_a_model_is_a_callable(runs: dict[str, Any]) -> None:
    with runs["store"].load_model(runs["Rise"]) as model:
        assert model(X[:2]).ravel().tolist() == [4.0, 6.0]


@pytest.mark.slow
def test_weights_are_written_once_and_nothing_is_overwritten(
    runs: dict[str, Any], tmp_path: Path, call: Call
) -> None:
    out = tmp_path / "w.safetensors"
    arguments = ("checkpoint", "get", runs["Rise"], "--out", out, "--store", runs["store"].root)
    document = call(*arguments, "--json").document
    assert document["bytes"] == out.stat().st_size
    assert load_file(out)["weight"].tolist() == [[1.0, 1.0]]
    assert call(*arguments).code == StoreConflict.exit_code


def test_a_damaged_checkpoint_answers_nothing(store: Repository, record_damaged: str) -> None:
    with pytest.raises(CheckpointMissing, match="corrupt"):
        Store(store).checkpoint_files(record_damaged)


@pytest.fixture
def record_damaged(store: Repository, runs: dict[str, Any], tmp_path: Path) -> str:
    """A run whose weights lost a byte in the cache of this store."""
    import shutil

    shutil.rmtree(store.root)
    shutil.copytree(runs["store"].root, store.root, symlinks=True)
    for file in Store(store).checkpoint_files(runs["Rise"]).values():
        file.chmod(0o644)
        file.write_bytes(b"x" + file.read_bytes()[1:])
    return str(runs["Rise"])
