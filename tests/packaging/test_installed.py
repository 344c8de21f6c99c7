"""The wheel installed by pip, by pipx and by uv, each in a place of its own, and used there by somebody with an empty home.

Only what is imported here is compiled: all of it would take longer.
"""

import json
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from trainstore.version import __version__

PYTHON = getattr(sys, "_base_executable", sys.executable)  # not the environment of the tests
CODE = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n    return None, {}\n"


@dataclass(frozen=True)
class Installed:
    """An installation: its program and its interpreter, and the environment to call them in."""

    program: Path
    python: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, cwd: Path) -> str:
        return _run([str(self.program), *arguments], self.environment, cwd)


def _run(command: list[str], environment: dict[str, str], cwd: Path) -> str:
    ended = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}"
    return ended.stdout


def _by_pip(home: Path, environment: dict[str, str]) -> tuple[Path, Path]:
    _run([PYTHON, "-m", "venv", "environment"], environment, home)
    python = home / "environment/bin/python"
    _run([str(python), "-m", "pip", "install", "--quiet", "--no-compile", "trainstore"], environment, home)
    return home / "environment/bin/trainstore", python


def _tools(home: Path, environment: dict[str, str]) -> Path:
    """Make an environment with pipx and uv, as somebody has them who uses either."""
    _run([PYTHON, "-m", "venv", "tools"], environment, home)
    _run(["tools/bin/python", "-m", "pip", "install", "--quiet", "pipx", "uv"], environment, home)
    environment["PATH"] += f":{home / 'tools/bin'}"
    return home / "tools/bin"


def _by_pipx(home: Path, environment: dict[str, str]) -> tuple[Path, Path]:
    tools = _tools(home, environment)
    _run([str(tools / "pipx"), "install", "--quiet", "--python", PYTHON, "trainstore"], environment, home)
    return home / ".local/bin/trainstore", home / ".local/share/pipx/venvs/trainstore/bin/python"


def _by_uv(home: Path, environment: dict[str, str]) -> tuple[Path, Path]:
    tools = _tools(home, environment)
    _run(
        [str(tools / "uv"), "tool", "install", "--quiet", "--python", PYTHON, "trainstore"], environment, home
    )
    return home / ".local/bin/trainstore", home / ".local/share/uv/tools/trainstore/bin/python"


@pytest.fixture(params=[_by_pip, _by_pipx, _by_uv], ids=["pip", "pipx", "uv"])
def installed(request: pytest.FixtureRequest, bare: dict[str, str]) -> Iterator[Installed]:
    """Install the wheel, and remove it afterwards: torch alone takes some 700 MB."""
    home = Path(bare["HOME"])
    yield Installed(*request.param(home, bare), bare)
    shutil.rmtree(home)


@pytest.mark.slow
def test_it_works_wherever_it_is_installed(installed: Installed, tmp_path: Path) -> None:
    assert installed("--version", cwd=tmp_path) == f"trainstore {__version__}\n"
    module = [str(installed.python), "-m", "trainstore", "--version"]
    assert _run(module, installed.environment, tmp_path) == f"trainstore {__version__}\n"
    where = [str(installed.python), "-c", "import trainstore; print(trainstore.__path__[0])"]
    assert _run(where, installed.environment, tmp_path).startswith(installed.environment["HOME"])
    installed("init", "store", cwd=tmp_path)
    store = tmp_path / "store"
    assert "Saved numpy_array/MLP@1" in installed("generate", "--data", "sklearn:iris", cwd=store)
    (tmp_path / "own.py").write_text(CODE)
    assert "Saved unknown/Own@1" in installed("save", "../own.py", "--name", "Own", cwd=store)
    # What is compiled here, no worker compiles again: they may not keep it, and for torch that takes each 20 s.
    _run([str(installed.python), "-c", "import torch"], installed.environment, store)
    run = json.loads(
        installed("run", "MLP", "--data", "sklearn:iris", "--set", "epochs=5", "--json", cwd=store)
    )
    assert run["outcome"] == "succeeded" and run["checkpoint"]["bytes"] > 0
    assert set(run["scored_metrics"]) >= {"accuracy", "validation_accuracy"}
    asked = installed(
        "generate", "--data", "sklearn:wine", "--model", "any", "--dry-run", "--json", cwd=store
    )
    assert len(json.loads(asked)["prompt"]["messages"]) == 2
    assert "_TRAINSTORE_COMPLETE" in installed("completion", "bash", cwd=store)
    asking = {"_TRAINSTORE_COMPLETE": "bash_complete", "COMP_WORDS": "trainstore show M", "COMP_CWORD": ""}
    assert _run([str(installed.program)], {**installed.environment, **asking}, store) == "plain,MLP\n"
    installed("report", "MLP", "--out", "../mlp.html", cwd=store)
    assert run["run_id"] in (tmp_path / "mlp.html").read_text()
    _look_at_the_page(installed, store)
    if installed.program.parent == installed.python.parent:  # once is enough: by pip
        _miss_the_extras(installed, store)


def _look_at_the_page(installed: Installed, store: Path) -> None:
    with subprocess.Popen(
        [installed.program, "ui", "--port", "0", "--no-browser"],
        cwd=store, env=installed.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as page:  # fmt: skip
        try:
            assert page.stdout
            told = re.search(r"http://127\.0\.0\.1:\d+/", page.stdout.readline())
            assert told
            for name, content in [("", "MLP"), ("style.css", "color-scheme")]:
                with urllib.request.urlopen(told[0] + name, timeout=60) as answer:
                    assert content in answer.read().decode()
        finally:
            page.send_signal(signal.SIGINT)
            assert page.wait(timeout=60) == 0


def _miss_the_extras(installed: Installed, store: Path) -> None:
    """Each thing that needs an extra says what it lacks, and how to get it."""
    (store / "table.parquet").write_bytes(b"PAR1")
    (store / "pictures/cat").mkdir(parents=True)
    (store / "pictures/cat/1.png").write_bytes(b"\x89PNG")
    for kind, url in [("ssh", "ssh://localhost/away"), ("s3", "s3://bucket/away")]:
        with (store / ".dvc/config").open("a") as config:
            config.write(f"['remote \"{kind}\"']\n    url = {url}\n")
    for library, arguments in {
        "pyarrow": ["profile", "table.parquet"],
        "pillow": ["profile", "pictures"],
        "ray": ["tune", "MLP", "--data", "sklearn:iris", "--trials", "1", "--ray", "local"],
        "dvc-ssh": ["verify", "--remote", "--dvc-remote", "ssh"],
        "dvc-s3": ["verify", "--remote", "--dvc-remote", "s3"],
    }.items():
        ended = subprocess.run(
            [installed.program, *arguments],
            cwd=store, env=installed.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode in (2, 15), ended
        assert f"pip install {library}" in ended.stderr
