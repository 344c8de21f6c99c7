"""What every test stands on: nothing of the machine's own configuration, real git, and factories of records."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, settings

from trainstore.api import Store
from trainstore.execution.sandbox.levels import SandboxDemand, level_of
from trainstore.execution.sandbox.plan import make_plan
from trainstore.execution.sandbox.view import worker_view
from trainstore.records.training_record import decode_record
from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.init import init_store
from trainstore.workflows.run_options import RunOptions
from trainstore.workflows.save import save_records
from trainstore.workflows.save_plan import Incoming

pytest_plugins = ["model_server", "ray_clusters", "recorded_environment", "recorded_runs", "ssh_server"]

settings.register_profile(
    "trainstore",
    deadline=None,  # a loaded machine is not a bug
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("trainstore")

FIRST_SECOND = 1704067200  # 2024-01-01T00:00:00Z

GIT_CONFIG = """\
[user]
    name = Tess Ter
    email = tess@example.org
[init]
    defaultBranch = main
[protocol "file"]
    allow = always
[advice]
    detachedHead = false
"""

CODE = """\
def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    model = torch.nn.Linear(X_train.shape[1], {units})
    return model, {{"loss": 0.5}}
"""


def pytest_report_header() -> str:
    """Say which level of the sandbox this machine gives the tests, and what is missing."""
    plan = make_plan(SandboxDemand(least="weak"), worker_view())
    missing = "".join(f"; no {layer.name}: {layer.why}" for layer in plan.absent)
    return f"sandbox: {level_of(plan.hoped_for())}, namespaces by {plan.namespaces}{missing}"


class MakeRecord(Protocol):
    """Makes a record as if its file had been read."""

    def __call__(
        self,
        name: str = "Net",
        code: str | None = None,
        timestamp: int = FIRST_SECOND,
        data_type: str = "numpy_array",
        **fields: Any,
    ) -> Incoming: ...


Git = Callable[..., str]


@pytest.fixture(scope="session", autouse=True)
def isolated_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Point every program at an empty home; nothing of the person who runs the tests is read or written."""
    home = tmp_path_factory.mktemp("home")
    (home / "gitconfig").write_text(GIT_CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("GIT_", "OPENAI_", "DVC_", "TRAINSTORE_")):
                patch.delenv(name)
        for name, value in {
            "HOME": home,
            "XDG_CONFIG_HOME": home / ".config",
            "XDG_CACHE_HOME": home / ".cache",
            "XDG_DATA_HOME": home / ".local/share",
            "XDG_STATE_HOME": home / ".local/state",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": home / "gitconfig",
            "DVC_NO_ANALYTICS": "1",
            "DVC_GLOBAL_CONFIG_DIR": home / "dvc",
            "DVC_SYSTEM_CONFIG_DIR": home / "system-dvc",
            "DVC_SITE_CACHE_DIR": home / "site-dvc",
            "TZ": "UTC",
        }.items():
            patch.setenv(name, str(value))
        yield home


@pytest.fixture(scope="session")
def empty_store(isolated_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as `init` leaves it, to be copied and never written to."""
    root = tmp_path_factory.mktemp("empty") / "store"
    init_store(root)
    return root


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Repository:
    """A fresh store."""
    shutil.copytree(empty_store, tmp_path / "store", symlinks=True)
    return find_store(tmp_path / "store")


@pytest.fixture
def git() -> Git:
    """Run git in a folder and return what it says, without the last line break."""

    def run(folder: Path | Repository, *arguments: str | Path) -> str:
        where = folder.root if isinstance(folder, Repository) else folder
        ended = subprocess.run(
            ["git", *map(str, arguments)],
            cwd=where,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert ended.returncode == 0, os.fsdecode(ended.stderr)
        return os.fsdecode(ended.stdout).removesuffix("\n")

    return run


@pytest.fixture
def make_code() -> Callable[[int], str]:
    """Make training code that differs by one number."""
    return lambda units: CODE.format(units=units)


@pytest.fixture(scope="session")
def make_record() -> MakeRecord:
    """Make a record as if its file had been read; ``fields`` override or add to its JSON."""

    def make(
        name: str = "Net",
        code: str | None = None,
        timestamp: int = FIRST_SECOND,
        data_type: str = "numpy_array",
        **fields: Any,
    ) -> Incoming:
        content = {
            "model_name": name,
            "training_code": CODE.format(units=1) if code is None else code,
            "bo_config": {"lr": {"default": 0.001, "type": "Real", "low": 1e-6, "high": 0.1}},
            "confidence": 0.92,
            "data_profile": {"data_type": data_type, "shape": [100, 4]},
            "timestamp": timestamp,
            "metadata": {"generated_by": "AI Code Generator", "api_model": "gpt-5", "version": "1.0"},
            **fields,
        }
        file = json.dumps(content, indent=1).encode()
        return Incoming(decode_record(file, "record.json", 0), file)

    return make


@pytest.fixture
def save_versions(store: Repository, make_record: MakeRecord) -> Callable[..., list[str]]:
    """Save a number of versions of a function, a second apart, and return their paths."""

    def save(count: int, name: str = "Net", first: int = FIRST_SECOND, **fields: Any) -> list[str]:
        records = [
            make_record(name, CODE.format(units=first + number), first + number, **fields)
            for number in range(count)
        ]
        return [version.path for version in save_records(store, records).saved]

    return save


# It claims all that it can see: which arrays and secrets are within its reach.
TRAINING_CODE = """\
import os
from pathlib import Path

import numpy as np
import torch
from torch import nn


def train_model(X_train, y_train, X_val, y_val, device, lr=0.01, **hyperparams):
    job = Path(__file__).resolve().parents[1]
    files = sorted(job.rglob("*.npy"))
    torch.manual_seed(hyperparams.get("initial", 0))
    model = nn.Linear(X_train.shape[1], 3).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for epoch in range(5):
        loss = nn.functional.cross_entropy(model(X_train / 100), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print("environment:", " ".join(f"{name}={value}" for name, value in os.environ.items()))
    return model, {
        "loss": losses[-1], "losses": losses, "rows": len(X_train) + len(X_val),
        "rows_on_disk": sum(len(np.load(file)) for file in files if file.stem.endswith("y")),
        "files": len(files),
    }
"""

SECRET = "sk-test-0123456789abcdef"


@dataclass(frozen=True)
class Trained:
    """A store in which a function was trained; to be copied, never written to.

    The run is of @2 of three versions. Its rerun was made after a rollback to @1, and the way forward to @3 came
    after that. Both ran with ``secret`` in the environment.
    """

    root: Path
    run_id: str
    rerun_id: str
    secret: str


@pytest.fixture(scope="session")
def trained(
    isolated_home: Path, empty_store: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Trained:
    """Train once, whatever number of processes share the tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "trained"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = folder / "runs.json"
        if not told.exists():
            told.write_text(json.dumps(_train(empty_store, folder / "store")))
    return Trained(folder / "store", **json.loads(told.read_text()), secret=SECRET)


def _train(empty_store: Path, root: Path) -> dict[str, str]:
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(empty_store, root, symlinks=True)
    store = Store.open(root)
    for number in range(3):
        store.save(
            {
                "model_name": "Tiny",
                "training_code": TRAINING_CODE,
                "bo_config": {
                    "lr": {"default": 0.01, "type": "Real", "low": 1e-6, "high": 0.1},
                    "initial": {"default": number, "type": "Integer", "low": 0, "high": 9},
                },
                "confidence": 0.5,
                "data_profile": {"data_type": "numpy_array"},
                "timestamp": FIRST_SECOND + number,
            }
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", SECRET)
        run = store.run("Tiny@2", RunOptions("sklearn:wine")).record
        store.rollback("Tiny", "@1")
        rerun = store.rerun(run.run_id).record
    store.rollback("Tiny", "@3")
    return {"run_id": run.run_id, "rerun_id": rerun.run_id}


@pytest.fixture
def trained_store(trained: Trained, tmp_path: Path) -> Repository:
    """A copy of the store with a run and its rerun."""
    shutil.copytree(trained.root, tmp_path / "trained", symlinks=True)
    return find_store(tmp_path / "trained")
