"""A store travels to another folder and another home, and what ran here is repeated there, to the bit."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ssh_server import SshServer

Git = Callable[..., str]
CODE = """
import torch

def train_model(X_train, y_train, X_val, y_val, device, lr=0.1):
    torch.manual_seed(0)
    model = torch.nn.Linear(X_train.shape[1], 2)
    loss = torch.nn.functional.cross_entropy(model(X_train), y_train)
    loss.backward()
    with torch.no_grad():
        model.weight -= lr * model.weight.grad
    return model, {"loss": loss.item()}
"""


@pytest.mark.slow
def test_a_run_on_pinned_data_is_identical_in_another_home(
    tmp_path: Path, git: Git, ssh_server: SshServer, make_record: Any
) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    (tmp_path / "shelf").mkdir()
    (tmp_path / "net.json").write_bytes(make_record("Net", CODE, bo_config={}).file)
    rows = "".join(f"{n % 7},{n % 5},{'ab'[n % 2]}\n" for n in range(60))
    (tmp_path / "table.csv").write_text(f"x,z,kind\n{rows}")

    def at(home: str, folder: Path, *arguments: str | Path) -> str:
        """Call a program as somebody with a home of their own."""
        place = tmp_path / home
        place.mkdir(exist_ok=True)
        environment = {
            **os.environ, "HOME": str(place), "XDG_CONFIG_HOME": str(place / ".config"),
            "DVC_GLOBAL_CONFIG_DIR": str(place / "dvc"), "DVC_SITE_CACHE_DIR": str(place / "site"),
            "GIT_SSH_COMMAND": ssh_server.git_command(),
        }  # fmt: skip
        ended = subprocess.run(
            arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    trainstore = (sys.executable, "-m", "trainstore")
    dvc = (sys.executable, "-m", "dvc")
    here, there = tmp_path / "here", tmp_path / "elsewhere" / "there"
    at("anns", tmp_path, *trainstore, "init", "here")
    at("anns", here, "git", "remote", "add", "origin", ssh_server.url(tmp_path / "remote.git"))
    at(
        "anns",
        here,
        *dvc,
        "remote",
        "add",
        "--quiet",
        "--default",
        "shelf",
        ssh_server.url(tmp_path / "shelf"),
    )
    at("anns", here, *dvc, "remote", "modify", "--quiet", "--local", "shelf", "keyfile", ssh_server.key)
    at("anns", here, "git", "commit", "--quiet", "--all", "--message", "Name the DVC remote")
    at("anns", here, *trainstore, "save", tmp_path / "net.json")
    at("anns", here, *trainstore, "data", "add", "table", tmp_path / "table.csv", "--target", "kind")
    at("anns", here, *trainstore, "run", "Net", "--data", "table", "--device", "cpu")
    at("anns", here, *trainstore, "push")

    there.parent.mkdir()
    at("bens", there.parent, "git", "clone", "--quiet", ssh_server.url(tmp_path / "remote.git"), "there")
    at("bens", there, *trainstore, "init")
    at("bens", there, *dvc, "remote", "modify", "--quiet", "--local", "shelf", "keyfile", ssh_server.key)
    assert "nothing new" in at("bens", there, *trainstore, "pull")
    run_id = at("bens", there, "git", "log", "-1", "--format=%(trailers:key=Run-Id,valueonly)").strip()
    (tmp_path / "table.csv").unlink()
    assert f"identical to run {run_id}" in at("bens", there, *trainstore, "rerun", run_id)
    at("bens", there, *trainstore, "push")
    assert "1 run came" in at("anns", here, *trainstore, "pull")
