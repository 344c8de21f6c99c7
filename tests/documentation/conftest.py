"""Places in which the commands of pages run: a home folder, and what a reader has in it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from documentation.shell import Shell
from model_server import ModelServer

from trainstore.api import Store
from trainstore.generation.starters_catalogue import all_starters

ROOT = Path(__file__).parents[2]
Git = Callable[..., str]

NO_NAME = "[init]\n    defaultBranch = main\n"
A_NAME = f"{NO_NAME}[user]\n    name = Reader\n    email = reader@example.org\n"

KERNEL = """\
from torch.utils.cpp_extension import load_inline

def train_model(X_train, y_train, X_val, y_val, device):
    kernel = load_inline("add", cpp_sources="", cuda_sources="__global__ void add() {}")
    return kernel, {}
"""


@dataclass
class Place:
    """A shell somewhere, and what stands there for words of the page."""

    shell: Shell
    words: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, of somebody for whom git has no name."""
    folder = tmp_path / "home"
    folder.mkdir()
    (tmp_path / "gitconfig").write_text(NO_NAME)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    return folder


@pytest.fixture
def newcomer(home: Path) -> Place:
    """Nothing but the home folder."""
    return Place(Shell(home, home))


@pytest.fixture
def clone(home: Path) -> Place:
    """This repository, as somebody cloned it."""
    return Place(Shell(home, ROOT))


@pytest.fixture
def old_folder(home: Path) -> Place:
    """A flat folder of records, one of which was cut off."""
    folder = home / "old/generated_training_functions"
    folder.mkdir(parents=True)
    for file in ROOT.glob("generated_training_functions/*/*/*.json"):
        shutil.copy(file, folder)
    text = next(folder.glob("*_MLP_*.json")).read_text()
    (folder / "training_function_numpy_array_Cut_1704067200.json").write_text(text[:900])
    return Place(Shell(home, home))


@pytest.fixture
def served(home: Path, model_server: ModelServer) -> Place:
    """A server with two replies, the first of which has a mistake in it."""
    starter = next(starter for starter in all_starters() if starter.model_name == "MLP")
    reply: dict[str, Any] = {
        "model_name": "ResidualMLP", "summary": "Two hidden layers.", "training_code": starter.training_code,
        "bo_config": starter.bo_config, "confidence": 0.9,
    }  # fmt: skip
    code = starter.training_code.replace("nn.Linear(width", "nn.Lineer(width")
    model_server.lacks_responses()
    model_server.queue(json.dumps({**reply, "training_code": code}), json.dumps(reply))
    return Place(Shell(home, home), {"http://127.0.0.1:11434/v1": model_server.url})


@pytest.fixture
def store_in_home(home: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An empty store, a table of patients, and one version of which nothing runs without a GPU."""
    shutil.copytree(empty_store, home / "store", symlinks=True)
    rows = "".join(f"{age},{age % 7}.5,{'ill' if age % 3 else 'well'}\n" for age in range(30, 90))
    (home / "store/patients.csv").write_text(f"age,pressure,outcome\n{rows}")
    Store.open(home / "store").save(
        {"model_name": "Kernel", "training_code": KERNEL, "data_profile": {"data_type": "numpy_array"}}
    )
    return Place(Shell(home, home / "store"))


@pytest.fixture
def trained_here(home: Path, trained: Any, git: Git, tmp_path: Path) -> Place:
    """A store with three versions of one function, a run and its rerun, of somebody with a name; no remotes yet."""
    (tmp_path / "gitconfig").write_text(A_NAME)
    shutil.copytree(trained.root, home / "mine", symlinks=True)
    (home / "storage").mkdir()
    git(home, "init", "--quiet", "--bare", "store.git")
    words = {"{run}": trained.run_id, "{rerun}": trained.rerun_id, "{home}": str(home)}
    return Place(Shell(home, home / "mine"), words)


@pytest.fixture
def shared(trained_here: Place) -> Place:
    """The same with a policy, and both remotes, to which all was pushed."""
    for command in (
        "printf '[retention]\\nkeep-last = 1\\n' > trainstore.toml",
        f"git remote add origin {trained_here.shell.home}/store.git",
        f"dvc remote add --quiet --default storage {trained_here.shell.home}/storage",
        "git add trainstore.toml .dvc/config",
        "git commit --quiet --message 'A policy, and the DVC remote'",
        "trainstore push && git branch --set-upstream-to origin/main",
    ):
        ended = trained_here.shell.run(command)
        assert ended.code == 0, ended.output
    return trained_here
