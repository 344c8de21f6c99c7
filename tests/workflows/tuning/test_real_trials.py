"""Studies with real workers: what a trial sees, what is kept, and that it can be repeated to the bit."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.records.study import decode_study
from trainstore.retention.policy import Policy
from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.save import save_records
from trainstore.workflows.tuning.keep_best import TuneResult
from trainstore.workflows.tuning.options import TuneOptions
from trainstore.workflows.tuning.search import SearchListener

Git = Callable[..., str]

# It claims all that it can see: how many rows are within its reach, and of which type its values are.
CODE = """\
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn


def train_model(X_train, y_train, X_val, y_val, device, lr, flag, shape, width=4):
    assert flag is True or flag is False
    json.dumps([lr, flag, shape, width])
    if width == 6:
        time.sleep(600)
    files = sorted(Path(__file__).resolve().parents[1].rglob("*.npy"))
    rows_on_disk = sum(len(np.load(file)) for file in files if file.stem.endswith("y"))
    model = nn.Sequential(nn.Linear(X_train.shape[1], width), nn.ReLU(), nn.Linear(width, 3)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(20):
        loss = nn.functional.cross_entropy(model(X_train), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if width == 5:
        with torch.no_grad():
            model[0].weight.fill_(float("nan"))
    return model, {"rows": len(X_train) + len(X_val), "rows_on_disk": rows_on_disk}
"""
SPACE = {
    "lr": {"default": 0.01, "type": "Real", "low": 1e-3, "high": 0.1, "prior": "log-uniform"},
    "flag": {"default": False, "type": "Categorical", "categories": [False, True]},
    "shape": {"default": [1, 2], "type": "Categorical", "categories": [[1, 2], "none"]},
    "width": {"default": 4, "type": "Integer", "low": 4, "high": 4},
    "unknown": {"default": 1, "type": "Integer", "low": 1, "high": 2},
}


@dataclass(frozen=True)
class Tuned:
    """A store with a finished study; to be copied, never written to."""

    root: Path
    result: TuneResult


@pytest.fixture(scope="module")
def tuned(
    empty_store: Path, make_record: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Tuned:
    root = tmp_path_factory.mktemp("tuned") / "store"
    shutil.copytree(empty_store, root, symlinks=True)
    save_records(find_store(root), [make_record("Net", CODE, bo_config=SPACE)])
    options = TuneOptions("sklearn:iris", 3, surrogate="random", device="cpu")
    return Tuned(root, Store.open(root).tune("Net", options))


@pytest.fixture
def copied(tuned: Tuned, tmp_path: Path) -> Repository:
    shutil.copytree(tuned.root, tmp_path / "copied", symlinks=True)
    return find_store(tmp_path / "copied")


@pytest.mark.slow
class TestOfAStudy:
    def test_no_trial_sees_the_test_part(self, tuned: Tuned) -> None:
        counts = tuned.result.study.header.data["split"]["counts"]
        seen = counts["train"] + counts["val"]
        assert counts["test"] > 0
        for trial in tuned.result.study.trials:
            assert trial.claimed_metrics == {"rows": seen, "rows_on_disk": seen}
            assert trial.scored_metrics is not None
            assert all(name.startswith("validation_") for name in trial.scored_metrics)

    def test_the_best_is_the_run_and_only_it_is_scored_on_the_test_part(self, tuned: Tuned) -> None:
        study, run = tuned.result.study, tuned.result.run.record
        best = study.trials[(study.best or 0) - 1]
        assert best.value == max(trial.value or 0 for trial in study.trials)
        assert run.hyperparameters == best.hyperparameters
        assert run.scored_metrics is not None and "accuracy" in run.scored_metrics
        assert run.scored_metrics["validation_accuracy"] == best.value
        assert (run.action, run.study_id, run.left_out) == ("tune", study.header.study_id, ["unknown"])
        assert all(SPACE[name]["default"] != value for name, value in run.chosen.items())

    def test_a_rerun_is_identical(self, copied: Repository, tuned: Tuned) -> None:
        again = Store(copied).rerun(tuned.result.run.record.run_id).record
        assert (again.verdict, again.differences) == ("identical", [])

    def test_a_run_with_its_values_gives_the_same_weights(self, copied: Repository, tuned: Tuned) -> None:
        from trainstore.workflows.run_options import RunOptions

        run = tuned.result.run.record
        options = RunOptions("sklearn:iris", device="cpu", chosen=run.chosen)
        again = Store(copied).run("Net", options).record
        assert again.weights_digest == run.weights_digest
        same = (
            "hyperparameters",
            "chosen",
            "data",
            "seed",
            "threads",
            "limits",
            "claimed_metrics",
            "scored_metrics",
        )
        for name in (*same, "curves", "left_out", "out_of_range", "scoring", "model", "version", "timeout_s"):
            assert getattr(again, name) == getattr(run, name), name

    def test_the_study_leaves_and_comes_back_with_its_run(
        self, copied: Repository, tuned: Tuned, git: Git
    ) -> None:
        store, run = Store(copied), tuned.result.run.record
        folder = copied.root / "training_runs/numpy_array/Net" / run.run_id
        before = sorted(file.name for file in folder.iterdir())
        assert not store.verify().problems
        store.save({**store.record(store.version("Net")).content, "training_code": CODE + "\n"})
        store.prune(store.prune_plan(Policy(keep_last=1)))
        assert not folder.exists() and store.studies() == []
        store.restore("Net@1")
        assert sorted(file.name for file in folder.iterdir()) == before
        [study] = store.studies()
        assert study.header == tuned.result.study.header and study.commit == tuned.result.run.commit
        store.undo()
        assert not folder.exists()
        store.undo()
        assert decode_study((folder / "study.json").read_bytes(), "") == tuned.result.study
        assert git(copied, "status", "--porcelain") == "" and not store.verify().problems

    def test_nothing_is_left_in_the_git_directory_but_the_lines(self, tuned: Tuned) -> None:
        left = sorted((tuned.root / ".git/trainstore/studies").iterdir())
        assert [file.name for file in left] == [f"{tuned.result.study.header.study_id}.jsonl"]


@pytest.mark.slow
def test_what_diverges_or_does_not_end_is_recorded_and_the_search_goes_on(
    store: Repository, make_record: Callable[..., Any]
) -> None:
    save_records(store, [make_record("Net", CODE, bo_config=SPACE)])
    options = TuneOptions(
        "sklearn:iris", 3, surrogate="random", device="cpu", ranges={"width": (4, 6)}, timeout_s=20,
        chosen={"flag": True, "lr": 0.01, "shape": "none"}, objective="validation_log_loss",
    )  # fmt: skip
    result = Store(store).tune("Net", options, SearchListener())
    by_width = {trial.hyperparameters["width"]: trial for trial in result.study.trials}
    assert {width: trial.outcome for width, trial in by_width.items()} == {
        4: "succeeded", 5: "no_value", 6: "timed_out"
    }  # fmt: skip
    assert "not finite" in (by_width[5].reason or "")
    assert result.study.figure is not None and result.study.figure.direction == "minimize"
    assert result.run.record.hyperparameters["width"] == 4
