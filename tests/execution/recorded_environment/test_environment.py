"""Environments that runs recorded: made once and whole, or refused with what cannot be had."""

import importlib.metadata
import os
import platform
import sys
from pathlib import Path
from typing import Any

import pytest

from trainstore.errors import EnvironmentUnavailable
from trainstore.execution.recorded_environment.environment import environments_folder, recorded_interpreter
from trainstore.execution.runtime import this_interpreter


@pytest.fixture
def recorded() -> dict[str, Any]:
    """What a run records that is made here."""
    packages = {found.metadata["Name"]: found.version for found in importlib.metadata.distributions()}
    return {"python": platform.python_version(), "packages": packages, "imports": ["torch"]}


def refuse(step: str) -> None:
    pytest.fail(f"nothing was to be made: {step}")


def test_where_all_that_matters_is_here_it_is_this_python(recorded: dict[str, Any], tmp_path: Path) -> None:
    recorded["packages"] |= {"dvc": "1.0", "of-old": "1.0"}
    del recorded["packages"]["click"]
    steps: list[str] = []
    assert recorded_interpreter("r", recorded, steps.append) == this_interpreter()
    assert steps == ["all that the code of run r needs is installed here in the recorded version"]


@pytest.mark.slow
def test_it_is_made_although_somebody_was_killed_over_it_and_then_found(recorded_environment: Any) -> None:
    environment = recorded_environment
    name = environment.folder.name
    assert environment.left_by_a_kill == [name, f"{name}.lock"]
    assert {f"{name}.complete", f"{name}.lock"} <= {path.name for path in environment.folder.parent.iterdir()}
    steps: list[str] = []
    again = recorded_interpreter("r", environment.recorded, steps.append)
    assert (again, steps) == (
        environment.interpreter,
        [f"using the environment of run r in {environment.folder}"],
    )
    assert environment.folder.parent == environments_folder()


@pytest.mark.slow
def test_only_what_differs_is_installed(recorded_environment: Any) -> None:
    (packages,) = recorded_environment.folder.glob("lib/python3*/site-packages")
    version = recorded_environment.recorded["packages"]["cloudpickle"]
    assert {path.name for path in packages.iterdir()} - {"__pycache__"} == {
        "cloudpickle", f"cloudpickle-{version}.dist-info",
        "shades.py", "shades.pth", "shades-1.0.dist-info", "pip",
        "installed_here.pth",
    }  # fmt: skip


@pytest.mark.slow
def test_nothing_that_came_with_a_wheel_ran_while_it_was_installed(recorded_environment: Any) -> None:
    environment = recorded_environment
    assert (environment.folder / "bin/python").read_text().startswith("#!/bin/sh")
    assert (environment.folder / "pyvenv.cfg").read_text() == "home = /nowhere\n"
    assert not environment.marked_when_made
    assert environment.interpreter.executable == sys.executable


def test_one_that_somebody_deleted_or_did_not_finish_is_not_used(
    recorded: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    recorded["packages"]["numpy"] = "1.0.99"

    def told() -> str:
        steps: list[str] = []

        def stop(step: str) -> None:
            steps.append(step)
            raise InterruptedError

        with pytest.raises(EnvironmentUnavailable):
            recorded_interpreter("r", recorded, stop)
        return steps[0]

    folder = Path(told().rpartition(" in ")[2])
    complete = folder.with_suffix(".complete")
    for state in ((True, False), (False, True)):
        for path, is_there in zip((folder, complete), state, strict=True):
            if is_there:
                path.mkdir()
            elif path.exists():
                path.rmdir()
        assert told().startswith("making")
    folder.mkdir()
    assert told().startswith("using")


@pytest.mark.slow
def test_a_version_that_cannot_be_had_is_named_and_nothing_stays(
    recorded: dict[str, Any], wheels_only: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    recorded["packages"]["numpy"] = "1.0.99"
    with pytest.raises(EnvironmentUnavailable, match=r"no wheel of numpy==1\.0\.99 for Python 3") as caught:
        recorded_interpreter("r", recorded, lambda step: None)
    assert "--env recorded" in caught.value.hint
    assert not [path for path in environments_folder().iterdir() if path.is_dir()]


@pytest.mark.parametrize("printed", [None, "3.11", "nonsense"])
def test_another_python_has_to_be_on_the_path(
    recorded: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str | None
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    if printed is not None:  # as a launcher does that knows of no such version
        (tmp_path / "python3.99").write_text(f"#!/bin/sh\necho {printed}\n")
        (tmp_path / "python3.99").chmod(0o755)
    recorded["python"] = "3.99.1"
    with pytest.raises(EnvironmentUnavailable, match=r"no python3\.99 on the path"):
        recorded_interpreter("r", recorded, refuse)


def test_where_it_cannot_be_kept_is_told(
    recorded: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trainstore").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    recorded["packages"]["numpy"] = "1.0.99"
    with pytest.raises(EnvironmentUnavailable, match="cannot be made in"):
        recorded_interpreter("r", recorded, refuse)


def test_without_a_folder_for_caches_it_is_in_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert environments_folder() == tmp_path / ".cache" / "trainstore" / "environments"
