from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainstore.api import Store
from trainstore.errors import DeviceUnavailable, InvalidData, NotFound, UsageError
from trainstore.records.run_record import RunLimits, RunRecord
from trainstore.store.git.repository import Repository
from trainstore.workflows.run import Listener
from trainstore.workflows.run_options import RerunOptions, RunOptions

Git = Callable[..., str]
Make = Callable[..., Any]

UNREPEATABLE = """\
import os
import torch

def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    model = torch.nn.Linear(X_train.shape[1], 3)
    with torch.no_grad():
        model.weight.fill_(os.urandom(1)[0] + os.urandom(1)[0] / 256)
    return model, {"drawn": model.weight[0, 0].item()}
"""


@pytest.mark.slow
class TestOfTheSharedRun:
    @pytest.fixture
    def original(self, trained_store: Repository, trained: Any) -> RunRecord:
        return Store(trained_store).run_record(trained.run_id)

    @pytest.fixture
    def repeated(self, trained_store: Repository, trained: Any) -> RunRecord:
        return Store(trained_store).run_record(trained.rerun_id)

    def test_the_same_again_is_identical_to_the_bit(self, original: RunRecord, repeated: RunRecord) -> None:
        assert (repeated.verdict, repeated.causes, repeated.differences) == ("identical", [], [])
        assert repeated.weights_digest == original.weights_digest
        assert repeated.claimed_metrics == original.claimed_metrics
        assert repeated.curves == original.curves
        assert repeated.scored_metrics == original.scored_metrics
        assert (repeated.action, repeated.rerun_of) == ("rerun", original.run_id)

    def test_it_asks_for_the_device_that_the_original_used(
        self, original: RunRecord, repeated: RunRecord
    ) -> None:
        assert original.device["requested"] == "auto"
        assert repeated.device["requested"] == original.device["used"] == "cpu"

    def test_the_commit_tells_the_verdict(self, trained_store: Repository, trained: Any, git: Git) -> None:
        entry = Store(trained_store).runs("Tiny@2")[1]
        assert (entry.rerun_of, entry.verdict) == (trained.run_id, "identical")
        subject = git(trained_store, "show", "--no-patch", "--format=%s", entry.commit)
        assert subject.startswith("rerun numpy_array/Tiny@2 (identical on cpu, score ")

    def test_a_version_that_had_left_the_tree_was_repeated(
        self, trained_store: Repository, trained: Any, git: Git
    ) -> None:
        entry = Store(trained_store).runs("Tiny@2")[1]
        paths = git(trained_store, "ls-tree", "-r", "--name-only", entry.commit).split("\n")
        assert entry.version_path not in paths
        assert f"{entry.folder}/run.json" in paths
        assert not any(trained.run_id in path for path in paths)

    @pytest.mark.parametrize(
        ("wanted", "error"),
        [
            ({"data": "sklearn:iris"}, InvalidData),
            ({"data": "nowhere.npz"}, InvalidData),
            ({"device": "gpu"}, UsageError),
        ],
        ids=str,
    )
    def test_what_cannot_be_the_same_run_is_refused(
        self,
        trained_store: Repository,
        trained: Any,
        git: Git,
        wanted: dict[str, str],
        error: type[Exception],
    ) -> None:
        head = git(trained_store, "rev-parse", "HEAD")
        with pytest.raises(error):
            Store(trained_store).rerun(trained.run_id, RerunOptions(**wanted))
        assert git(trained_store, "rev-parse", "HEAD") == head
        assert git(trained_store, "status", "--porcelain") == ""

    def test_an_unknown_or_ambiguous_run_is_not_found(self, trained_store: Repository, trained: Any) -> None:
        for name in ("nothing", "", "2", "%", trained.run_id + "0"):
            with pytest.raises(NotFound):
                Store(trained_store).rerun(name)

    def test_data_with_one_changed_value_is_refused(
        self, trained_store: Repository, trained: Any, tmp_path: Path
    ) -> None:
        from sklearn.datasets import load_wine

        X, y = load_wine(return_X_y=True)
        X[17, 3] += 0.001
        file = tmp_path / "wine.npz"
        np.savez(file, X=X, y=y)
        with pytest.raises(InvalidData, match="is not the data of run") as caught:
            Store(trained_store).rerun(trained.run_id, RerunOptions(data=str(file)))
        assert "--data" in caught.value.hint


@pytest.mark.slow
def test_a_function_that_draws_from_the_system_is_different(store: Repository, make_record: Make) -> None:
    opened = Store(store)
    opened.save(make_record("Net", UNREPEATABLE, bo_config={}).record.content)
    original = opened.run("Net", RunOptions("sklearn:wine", device="cpu")).record
    repeated = opened.rerun(original.run_id[:20]).record
    assert (repeated.outcome, repeated.verdict) == ("succeeded", "different")
    assert {difference["what"] for difference in repeated.differences} >= {
        "weights_digest",
        "claimed_metrics.drawn",
    }
    (told,) = [one for one in repeated.differences if one["what"] == "claimed_metrics.drawn"]
    assert told["original"] == original.claimed_metrics["drawn"]
    assert told["rerun"] == repeated.claimed_metrics["drawn"]
    assert opened.history(limit=1)[0].subject.startswith("rerun numpy_array/Net@1 (different on cpu")


@pytest.mark.slow
def test_what_never_succeeded_is_not_comparable(
    store: Repository, make_record: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    np.savez(first, X=np.arange(120.0).reshape(60, 2), y=np.arange(60) % 2)
    opened = Store(store)
    code = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n    raise ValueError\n"
    opened.save(make_record("Net", code, bo_config={}).record.content)
    monkeypatch.chdir(tmp_path)
    original = opened.run(
        "Net",
        RunOptions(
            "first.npz", device="cpu", seed=7, split_seed=8, threads=2, limits=RunLimits(open_files=2_000)
        ),
    ).record
    first.rename(second)
    repeated = opened.rerun(original.run_id, RerunOptions(data=str(second))).record
    assert (repeated.outcome, repeated.verdict) == ("failed", "not comparable")
    assert [difference["what"] for difference in repeated.differences] == ["outcome"]
    assert (repeated.seed, repeated.threads, repeated.timeout_s) == (7, 2, 3600.0)
    assert repeated.limits == original.limits == RunLimits(open_files=2_000)
    assert repeated.data["split"] == original.data["split"]
    assert (original.data["source"], repeated.data["source"]) == ("first.npz", str(second))


@pytest.mark.slow
def test_a_function_named_like_another_ones_file_is_not_run_in_its_place(
    trained_store: Repository, trained: Any, make_record: Make, git: Git
) -> None:
    opened = Store(trained_store)
    path = opened.version("Tiny@2").path
    opened.save(
        make_record(path, "def train_model(X_train, y_train, X_val, y_val, device): evil").record.content
    )
    head = git(trained_store, "rev-parse", "HEAD")
    steps: list[str] = []
    with pytest.raises(DeviceUnavailable):
        opened.rerun(trained.run_id, RerunOptions(device="cuda:999"), Listener(on_step=steps.append))
    assert "training numpy_array/Tiny@2 in a worker process" in steps
    assert git(trained_store, "rev-parse", "HEAD") == head
