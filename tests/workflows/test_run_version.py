import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainstore.api import Store
from trainstore.disk_format.trailers import from_message
from trainstore.errors import InvalidData, NotFound, UsageError
from trainstore.records.run_record import RunLimits
from trainstore.store.git.repository import Repository
from trainstore.workflows.run import Listener, RunResult
from trainstore.workflows.run_options import RunOptions

Git = Callable[..., str]
Make = Callable[..., Any]
HEADER = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n"
MODEL = "import torch\n" + HEADER + "    model = torch.nn.Linear(X_train.shape[1], 3)\n"


@pytest.fixture
def wine(tmp_path: Path) -> str:
    """A small table in three classes."""
    generator = np.random.default_rng(0)
    file = tmp_path / "small.npz"
    X = generator.normal(size=(60, 4)).astype(np.float32)
    np.savez(file, X=X, y=np.arange(60) % 3)
    return str(file)


@pytest.fixture
def run(store: Repository, make_record: Make, wine: str) -> Callable[..., RunResult]:
    """Save code as the next version of a function and run it."""

    def make(code: str, listener: Listener | None = None, **options: Any) -> RunResult:
        opened = Store(store)
        bo_config = options.pop("bo_config", {})
        opened.save(make_record("Net", code, bo_config=bo_config).record.content)
        return opened.run("Net", RunOptions(wine, **{"device": "cpu", **options}), listener)

    return make


def document(store: Repository, result: RunResult) -> dict[str, Any]:
    folder = next(store.root.glob(f"training_runs/*/*/{result.record.run_id}"))
    content: dict[str, Any] = json.loads((folder / "run.json").read_bytes())
    return content


@pytest.mark.slow
class TestSucceeded:
    """Of the run that the whole test session shares."""

    @pytest.fixture
    def run_json(self, trained_store: Repository, trained: Any) -> dict[str, Any]:
        folder = f"training_runs/numpy_array/Tiny/{trained.run_id}"
        content: dict[str, Any] = json.loads((trained_store.root / folder / "run.json").read_bytes())
        return content

    def test_the_commit_holds_the_record_and_the_pointer_and_tells_of_them(
        self, trained_store: Repository, trained: Any, run_json: dict[str, Any], git: Git
    ) -> None:
        commit = Store(trained_store).runs("Tiny@2")[0].commit
        folder = f"training_runs/numpy_array/Tiny/{trained.run_id}"
        names = git(trained_store, "show", "--name-only", "--format=", commit).split("\n")
        assert names == [f"{folder}/checkpoint.dvc", f"{folder}/run.json"]
        message = git(trained_store, "show", "--no-patch", "--format=%B", commit)
        score = run_json["scored_metrics"]["accuracy"]
        assert message.split("\n")[0] == f"run numpy_array/Tiny@2 (succeeded on cpu, score {score:.4f})"
        version = Store(trained_store).version("Tiny@2")
        assert from_message(message) == [
            ("Trainstore-Action", "run"),
            ("Model-Name", "Tiny"),
            ("Data-Type", "numpy_array"),
            ("Version-Timestamp", str(version.timestamp)),
            ("Path", version.path),
            ("Run-Id", trained.run_id),
            ("Run-Path", folder),
            ("Outcome", "succeeded"),
            ("Device", "cpu"),
            ("Data-Digest", run_json["data"]["digest"]),
            ("Score", repr(score)),
        ]

    def test_the_record_has_everything_that_a_repetition_needs(
        self, trained_store: Repository, run_json: dict[str, Any]
    ) -> None:
        version = Store(trained_store).version("Tiny@2")
        assert run_json["version"] == {
            "timestamp": version.timestamp,
            "path": version.path,
            "commit": version.commit,
            "code_digest": version.code_digest,
            "space_digest": version.space_digest,
        }
        assert run_json["hyperparameters"] == {"lr": 0.01, "initial": 1}
        assert run_json["chosen"] == {}
        assert run_json["device"] == {
            "requested": "auto",
            "used": "cpu",
            "mapped": False,
            "mapped_names": [],
        }
        assert run_json["missing_imports"] == []
        data = run_json["data"]
        assert (data["source"], data["task"], data["classes"]) == (
            "sklearn:wine",
            "classification",
            [0, 1, 2],
        )
        assert (run_json["seed"], data["split"]["seed"], run_json["threads"]) == (0, 0, 1)
        assert {"python", "torch", "numpy", "trainstore"} <= set(run_json["environment"])
        assert run_json["sandbox"]["layers"]

    def test_the_record_says_what_was_claimed_and_what_was_scored(self, run_json: dict[str, Any]) -> None:
        assert len(run_json["curves"]["losses"]) == 5
        assert run_json["curves"]["losses"][-1] == run_json["claimed_metrics"]["loss"]
        assert {"accuracy", "macro_f1", "log_loss", "validation_accuracy"} <= set(run_json["scored_metrics"])
        assert run_json["scoring"] == {
            "outcome": "succeeded",
            "reason": None,
            "probabilities": False,
            "swapped_axes": False,
            "claim": None,
            "undescribed": None,
        }

    def test_the_worker_reaches_the_train_and_validation_parts_alone(self, run_json: dict[str, Any]) -> None:
        claimed = run_json["claimed_metrics"]
        assert claimed["files"] == 4
        assert claimed["rows"] == claimed["rows_on_disk"] == 178 - 36

    def test_a_key_in_the_environment_is_seen_and_kept_nowhere(
        self, trained_store: Repository, trained: Any, run_json: dict[str, Any], git: Git
    ) -> None:
        assert "environment: " in run_json["output"] and "HOME=" in run_json["output"]
        assert trained.secret not in run_json["output"] and "OPENAI" not in run_json["output"]
        secret = trained.secret.encode()
        for file in trained_store.root.rglob("*"):
            assert not file.is_file() or secret not in file.read_bytes(), file
        objects = git(trained_store, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
        for name in objects.split():
            assert trained.secret not in git(trained_store, "cat-file", "-p", name)

    def test_the_weights_are_those_of_the_digest(
        self, trained_store: Repository, run_json: dict[str, Any]
    ) -> None:
        checkpoint = run_json["checkpoint"]
        files = {file.name: file for file in (trained_store.root / checkpoint["path"]).iterdir()}
        assert set(files) == {"weights.safetensors", "structure.pkl"}
        weights = files["weights.safetensors"].read_bytes()
        assert run_json["weights_digest"] == f"sha256:{hashlib.sha256(weights).hexdigest()}"
        assert checkpoint["bytes"] == sum(file.stat().st_size for file in files.values())
        pointer = (trained_store.root / f"{checkpoint['path']}.dvc").read_text()
        assert checkpoint["md5"] in pointer

    def test_git_and_dvc_see_nothing_left_to_do(self, trained_store: Repository, git: Git) -> None:
        assert git(trained_store, "status", "--porcelain") == ""
        ended = subprocess.run(
            [sys.executable, "-m", "dvc", "status", "--quiet"],
            cwd=trained_store.root, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (ended.returncode, ended.stderr) == (0, "")

    def test_the_run_stands_in_the_lists(self, trained_store: Repository, trained: Any) -> None:
        store = Store(trained_store)
        assert [run.run_id for run in store.runs()] == [trained.run_id, trained.rerun_id]
        assert [run.run_id for run in store.runs("Tiny@2")] == [trained.run_id, trained.rerun_id]
        assert store.runs("Tiny@1") == []
        assert [event.action for event in store.history("Tiny")] == [
            "rollback", "rerun", "rollback", "run", "save", "save", "save"
        ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "options", "outcome", "reason"),
    [
        ("    raise ValueError('no such layer')\n", {}, "failed", "ValueError: no such layer"),
        ("    return 42\n", {}, "invalid_result", "train_model returned a value of type int, not (model, metrics)"),
        (
            "    import time; time.sleep(600)\n", {"timeout_s": 10.0},
            "timed_out", "it ran past its limit of 10 s",
        ),
        (
            "    for _ in range(100): print('x' * 1_000_000)\n", {},
            "output_limit", "it printed more than 64 MiB",
        ),
    ],
    ids=["raises", "returns a number", "hangs", "prints 100 MB"],
)  # fmt: skip
def test_a_function_that_does_not_succeed_is_a_recorded_run(
    store: Repository,
    run: Callable[..., RunResult],
    git: Git,
    body: str,
    options: dict[str, Any],
    outcome: str,
    reason: str,
) -> None:
    result = run(HEADER + "    print('it begins', flush=True)\n" + body, **options)
    record = result.record
    assert (record.outcome, record.reason) == (outcome, reason)
    assert (record.checkpoint, record.weights_digest, record.scored_metrics) == (None, None, None)
    assert (record.scoring["outcome"], record.scoring["claim"], record.claim) == ("skipped", None, None)
    assert (record.error is not None) == (outcome == "failed")
    written = document(store, result)
    assert (written["outcome"], written["error"]) == (outcome, record.error)
    assert 0 < len(written["output"]) <= 16_000
    assert written["output"].startswith("it begins" if outcome != "output_limit" else "xxx")
    assert git(store, "status", "--porcelain") == ""
    assert git(store, "log", "-1", "--format=%s") == f"run numpy_array/Net@1 ({outcome} on cpu)"
    assert git(store, "rev-parse", "HEAD") == result.commit
    (entry,) = Store(store).runs("Net")
    assert (entry.outcome, entry.score, entry.device) == (outcome, None, "cpu")


UNASKABLE = """\
import torch

class Net(torch.nn.Linear):
    def forward(self, x):
        raise RuntimeError("wrong axes")

def train_model(X_train, y_train, X_val, y_val, device, lr, epochs=1):
    print(lr, epochs)
    return Net(4, 3), {"accuracy": 1.0}
"""


@pytest.mark.slow
def test_what_was_left_out_or_outside_or_not_reproduced_is_recorded(
    store: Repository, run: Callable[..., RunResult]
) -> None:
    told: list[str] = []
    printed: list[str] = []
    dimension = {"default": 0.5, "type": "Real", "low": 0.1, "high": 1.0}
    result = run(
        UNASKABLE,
        Listener(on_step=told.append, on_output=printed.append),
        bo_config={"lr": dimension, "unused": dimension},
        chosen={"lr": 7.5, "epochs": 3},
    )
    written = document(store, result)
    assert written["hyperparameters"] == {"lr": 7.5, "epochs": 3}
    assert written["chosen"] == {"lr": 7.5, "epochs": 3}
    assert (written["left_out"], written["out_of_range"]) == (["unused"], ["lr"])
    assert printed == ["7.5 3"]
    assert written["output"].strip() == "7.5 3"
    assert [step.split()[0] for step in told] == ["loading", "training", "scoring"]
    assert (written["outcome"], written["claimed_metrics"]) == ("succeeded", {"accuracy": 1.0})
    assert (written["scored_metrics"], written["scoring"]["outcome"]) == (None, "failed")
    assert written["scoring"]["reason"].startswith("claim not reproduced: ")
    assert "wrong axes" in written["scoring"]["reason"]
    assert Store(store).runs()[0].score is None
    assert (store.root / written["checkpoint"]["path"] / "weights.safetensors").is_file()


@pytest.mark.slow
def test_functions_of_any_name_can_be_run(store: Repository, make_record: Make, wine: str) -> None:
    name = "\ud800 half, two\nlines \x1b[31m"
    code = HEADER + "    raise ValueError\n"
    opened = Store(store)
    (version,) = opened.save(make_record(name, code, bo_config={}).record.content).saved
    result = opened.run(version.path, RunOptions(wine, device="cpu"))
    assert opened.run_record(result.record.run_id) == result.record


@pytest.mark.parametrize(
    ("name", "options", "error"),
    [
        ("Nut", {}, NotFound),
        ("Net", {"data": "sklearn:none"}, InvalidData),
        ("Net", {"data": "missing.npz"}, InvalidData),
        ("Net", {"data": "torn-\udcff.npz"}, InvalidData),
        ("Net", {"target": "column"}, UsageError),
        ("Net", {"chosen": {"device": 1}}, UsageError),
        ("Net", {"chosen": {"momentum": 1}}, UsageError),
        ("Net", {"chosen": {"lr": float("inf")}}, UsageError),
        ("Net", {"chosen": {"lr": "\udcff"}}, UsageError),
        ("Net", {"chosen": {"lr": object}}, UsageError),
        ("Net", {"timeout_s": float("nan")}, UsageError),
        ("Net", {"timeout_s": 0.0}, UsageError),
        ("Net", {"timeout_s": 1e300}, UsageError),
        ("Net", {"limits": RunLimits(memory_bytes=0)}, UsageError),
        ("Net", {"limits": RunLimits(disk_bytes=1 << 61)}, UsageError),
        ("Net", {"limits": RunLimits(cpu_seconds=float("nan"))}, UsageError),
        ("Net", {"device": "gpu"}, UsageError),
    ],
    ids=ascii,
)
def test_a_run_that_cannot_begin_leaves_nothing(
    store: Repository,
    make_record: Make,
    git: Git,
    wine: str,
    name: str,
    options: dict[str, Any],
    error: type[Exception],
) -> None:
    code = "def train_model(X_train, y_train, X_val, y_val, device, lr=1):\n    return 1\n"
    opened = Store(store)
    opened.save(make_record("Net", code, bo_config={}).record.content)
    head = git(store, "rev-parse", "HEAD")
    with pytest.raises(error):
        opened.run(name, RunOptions(**{"data": wine, "device": "cpu", **options}))
    assert git(store, "rev-parse", "HEAD") == head
    assert git(store, "status", "--porcelain", "--ignored") == ""
    assert not (store.root / "training_runs").exists()


@pytest.mark.slow
def test_a_run_interrupted_while_it_is_scored_leaves_no_folder(
    store: Repository, run: Callable[..., RunResult], git: Git
) -> None:
    def interrupt(step: str) -> None:
        if step.startswith("scoring"):
            assert list(store.root.glob("training_runs/*/*/*/checkpoint/weights.safetensors"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(f"{MODEL}    return model, {{}}", Listener(on_step=interrupt))
    assert not list(store.root.glob("training_runs/**/*"))
    assert "training_runs" not in git(store, "status", "--porcelain", "--ignored")
    assert [run.action for run in Store(store).runs()] == []
    cache = store.root / ".dvc/cache/files/md5"
    assert len(list(cache.glob("??/*"))) == 3
    plan = Store(store).reclaim_plan(grace_s=0)
    assert Store(store).reclaim(plan).reclaimed_bytes == plan.reclaimable_bytes > 0
    assert not list(cache.glob("??/*"))
