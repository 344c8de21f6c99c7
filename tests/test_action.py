"""The action for CI parses, and each of its commands runs; so do the jobs that pages show."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from trainstore.store.git.repository import Repository

ROOT = Path(__file__).parents[1]
ACTION = ROOT / ".github/actions/verify/action.yml"
PAGES = [file.read_text() for file in sorted(ROOT.glob("docs/**/*.md"))]
Git = Callable[..., str]


def steps(found: Any) -> Iterator[dict[str, Any]]:
    """Yield every step of an action or of a workflow."""
    if isinstance(found, dict):
        yield from found.get("steps", ())
        for value in found.values():
            yield from steps(value)


def jobs() -> list[Any]:
    blocks = [block for page in PAGES for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    return [YAML(typ="safe").load(block) for block in blocks]


@pytest.fixture
def shared(trained_store: Repository, git: Git, tmp_path: Path) -> Path:
    """A clone of a store with a policy, a run and both remotes, as a job finds it."""
    (tmp_path / "storage").mkdir()
    config = trained_store.root / ".dvc/config"
    text = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {tmp_path / 'storage'}\n"
    config.write_text(config.read_text() + text)
    (trained_store.root / "trainstore.toml").write_text("[retention]\nkeep-last = 1\n")
    git(trained_store, "add", "trainstore.toml", ".dvc/config")
    git(trained_store, "commit", "--quiet", "--message", "A policy, and the DVC remote")
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(trained_store, "remote", "add", "origin", tmp_path / "remote.git")
    call(trained_store.root, "trainstore push", tmp_path)
    git(tmp_path, "clone", "--quiet", "remote.git", "clone")
    return tmp_path / "clone"


def call(folder: Path, command: str, tmp_path: Path, **variables: str) -> None:
    """Do what a step says, with the `trainstore` of these tests."""
    programs = tmp_path / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "trainstore").write_text(f'#!/bin/sh\nexec {sys.executable} -m trainstore "$@"\n')
    (programs / "trainstore").chmod(0o755)
    ended = subprocess.run(
        ["bash", "-e", "-c", command], cwd=folder, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", **variables},
    )  # fmt: skip
    assert ended.returncode == 0, command + ended.stdout + ended.stderr


@pytest.mark.slow
def test_each_command_of_the_action_runs(shared: Path, tmp_path: Path) -> None:
    action = YAML(typ="safe").load(ACTION)
    assert action["runs"]["using"] == "composite"
    ran = [step["run"] for step in steps(action)]
    assert [command.split(" ")[1] for command in ran] == ["-m", "init", "verify", "rerun"]
    for step in steps(action):
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]  # text from outside travels in variables, where no shell reads it
        if "pip" not in step["run"]:
            call(shared, step["run"], tmp_path, SINCE=action["inputs"]["since"]["default"])


def test_the_action_installs_the_trainstore_of_its_own_revision() -> None:
    """What an index has under that name may be anybody's."""
    install = next(step["run"] for step in steps(YAML(typ="safe").load(ACTION)) if "pip" in step["run"])
    asked = ["bash", "-c", f'python() {{ printf %s "${{@: -1}}"; }}; {install}']
    for given, installed in {"": f"{ACTION.parent}/../../..[ssh,s3]", "other==1": "other==1"}.items():
        variables = {**os.environ, "PACKAGE": given, "GITHUB_ACTION_PATH": str(ACTION.parent)}
        told = subprocess.run(asked, env=variables, capture_output=True, text=True, check=True).stdout
        assert told == installed
    assert (ACTION.parent / "../../../pyproject.toml").is_file()


def test_a_page_uses_the_action_by_its_place() -> None:
    used = [step["uses"] for job in jobs() for step in steps(job) if "uses" in step]
    assert any(f"/{ACTION.parent.relative_to(ROOT)}@" in name for name in used)
