"""Checks of a machine: git, Python's libraries, and what a worker process finds."""

import importlib.metadata
import importlib.util
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from trainstore.errors import GitFailed, TrainstoreError
from trainstore.store.git.read import ask_git
from trainstore.workflows.problem import Problem

if TYPE_CHECKING:
    from trainstore.execution.survey import Survey

_OLDEST_GIT = (2, 30)
_PACKAGES = (
    "torch", "numpy", "safetensors", "cloudpickle", "scikit-learn", "dvc", "dvc-data", "dvc-objects", "gitpython",
)  # fmt: skip
_NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")

_WEAK = (
    "The sandbox is weak: a training function is ended with all that it starts, what it uses is limited and it sees "
    "none of your environment variables, but it could read and write your files and use the network. So nothing is "
    "run, unless --allow-weak-sandbox is given."
)


def check_git(folder: Path) -> tuple[str | None, list[Problem]]:
    """Return git's version, None where there is no git, and what is wrong with it."""
    newer = f"Install git {'.'.join(map(str, _OLDEST_GIT))} or later."
    try:
        told = ask_git(folder, ["version"]).decode(errors="replace").strip()
    except GitFailed as error:
        return None, [Problem("git", error.message, error.hint or newer)]
    version = told.removeprefix("git version ")
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers and (int(numbers[1]), int(numbers[2])) < _OLDEST_GIT:
        return version, [Problem("git", f"Git {version} is too old.", newer)]
    return version, []


def check_packages() -> tuple[dict[str, str | None], list[Problem]]:
    """Return the versions of the libraries that trainstore uses, without importing them, and those that lack."""
    found = {name: _version(name) for name in _PACKAGES}
    missing = [name for name, version in found.items() if version is None]
    return found, [
        Problem("package", f"The library {name} is not installed.", f"pip install {name}") for name in missing
    ]


def check_compiled(package: str = "torch") -> list[Problem]:
    """Return what is wrong where the largest library was installed without bytecode, as uv does: a worker cannot keep any."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None or Path(importlib.util.cache_from_source(found.origin)).exists():
        return []
    what = (
        f"{package} was installed without bytecode, so that each run compiles it again, which takes seconds."
    )
    where = Path(found.origin).parents[1]
    hint = shlex.join([sys.executable, "-m", "compileall", "-q", str(where)])
    return [Problem("bytecode", what, hint, "warning")]


def take_survey() -> "tuple[Survey | None, list[Problem]]":
    """Start a worker and return what it found; None and the reason where it cannot work."""
    from trainstore.execution.survey import survey_machine

    try:
        return survey_machine(), []
    except TrainstoreError as error:
        return None, [Problem("worker", error.message, error.hint or "Nothing can be run until it starts.")]


def check_survey(survey: "Survey | None") -> list[Problem]:
    """Return what is less than it could be about sandbox and devices."""
    problems = []
    if survey is not None and survey.sandbox["level"] == "weak":
        problems.append(
            Problem(
                "sandbox",
                _WEAK,
                "Use Linux, or a container or a virtual machine with Linux 5.13 or later.",
                "warning",
            )
        )
    if (
        survey is not None
        and _NVIDIA_DRIVER.exists()
        and not any("cuda" in one["name"] for one in survey.devices)
    ):
        said = survey.printed.strip().rpartition("\n")[2]
        what = f"There is an NVIDIA driver, but torch finds no CUDA device{f': {said}' if said else '.'}"
        hint = "Install a torch that was built for CUDA and for this driver: https://pytorch.org/get-started/locally"
        problems.append(Problem("device", what, hint, "warning"))
    return problems


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
