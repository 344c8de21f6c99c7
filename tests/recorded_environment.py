"""An environment that a run recorded and that is not installed here: made once, whatever number of processes test."""

import fcntl
import importlib.metadata
import json
import os
import platform
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from trainstore.execution.recorded_environment.environment import recorded_interpreter
from trainstore.execution.runtime import Interpreter

CLOUDPICKLE = f"{importlib.metadata.version('cloudpickle')}+recorded"
MAKE = """
import json, sys
from trainstore.execution.recorded_environment.environment import recorded_interpreter
recorded_interpreter("r", json.loads(sys.argv[1]), print)
"""


@dataclass(frozen=True)
class RecordedEnvironment:
    """What a run recorded, and the interpreter that was made of it.

    Its packages are those here, but for another ``cloudpickle``, and ``shades``, which is not here. What comes with
    ``shades`` and wants to run sooner than it is imported makes the file ``mark``.
    """

    recorded: dict[str, Any]
    interpreter: Interpreter
    mark: Path
    marked_when_made: bool
    left_by_a_kill: list[str]

    @property
    def folder(self) -> Path:
        return Path(self.interpreter.added[0]).parents[2]


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "recorded"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def wheels_only(_shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have pip find what lies in a folder, and nothing else; environments are kept where all tests find them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(_shared / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(_shared / "wheels"))
    return _shared / "wheels"


@pytest.fixture
def recorded_environment(wheels_only: Path) -> RecordedEnvironment:
    """The environment, made by the first who asks, after somebody else was killed while making it."""
    shared = wheels_only.parent
    mark = shared / "mark"
    packages = {found.metadata["Name"]: found.version for found in importlib.metadata.distributions()}
    recorded = {
        "python": platform.python_version(),
        "packages": {**packages, "cloudpickle": CLOUDPICKLE, "shades": "1.0"},
        "imports": ["shades", "torch"],
    }
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = shared / "made.json"
        if not told.exists():
            _make_wheels(wheels_only, mark)
            left = _left_by_a_kill(recorded, shared / "cache")
            recorded_interpreter("r", recorded, lambda step: None)
            told.write_text(json.dumps({"marked_when_made": mark.exists(), "left_by_a_kill": left}))
    interpreter = recorded_interpreter("r", recorded, lambda step: None)
    return RecordedEnvironment(recorded, interpreter, mark, **json.loads(told.read_text()))


def _left_by_a_kill(recorded: dict[str, Any], cache: Path) -> list[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", MAKE, json.dumps(recorded)], stdout=subprocess.DEVNULL, start_new_session=True
    )
    folders = cache / "trainstore" / "environments"
    deadline = time.monotonic() + 60
    while not list(folders.glob("*/bin/python")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return sorted(path.name for path in folders.iterdir())


def _make_wheels(folder: Path, mark: Path) -> None:
    folder.mkdir()
    package = Path(cloudpickle.__file__).parent
    files = {f"cloudpickle/{file.name}": file.read_text() for file in package.glob("*.py")}
    _make_wheel(folder, "cloudpickle", CLOUDPICKLE, files)
    start = f"import os; os.close(os.open({str(mark)!r}, os.O_CREAT | os.O_WRONLY))\n"
    hostile = {
        "shades.pth": start,  # runs whenever Python starts here
        "pip/__init__.py": start,  # in the place of the pip that installs it
        "pip/__main__.py": start,
        "shades-1.0.data/scripts/python": f"#!/bin/sh\ntouch {mark}\n",  # as the environment's Python
        "shades-1.0.data/data/pyvenv.cfg": "home = /nowhere\n",
    }
    _make_wheel(folder, "shades", "1.0", {"shades.py": "VALUE = 7\n", **hostile})


def _make_wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> None:
    about = f"{name}-{version}.dist-info"
    content = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*content, f"{about}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in {**content, f"{about}/RECORD": record}.items():
            wheel.writestr(path, text)
