"""The interpreter with the packages that a run recorded: this one where they are here, else one of a cached venv."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trainstore.errors import EnvironmentUnavailable
from trainstore.execution.recorded_environment.venv import find_python, make_venv, with_packages_of
from trainstore.execution.recorded_environment.wanted import (
    Versions,
    Wanted,
    differing,
    installed,
    read_wanted,
    this_python,
)
from trainstore.execution.runtime import Interpreter, this_interpreter


def recorded_interpreter(
    run_id: str, environment: Mapping[str, Any], on_step: Callable[[str], None]
) -> Interpreter:
    """Return a Python that has what a run's code and its worker had, installing what is not here.

    Only wheels are installed, so that no line of them runs before it is imported in a sandbox.

    Args:
        run_id: of that run.
        environment: as it recorded it.
        on_step: is told what is made.

    Raises:
        EnvironmentUnavailable: the Python, or the version of a package, cannot be had.
    """
    wanted = read_wanted(run_id, environment)
    here = installed()
    others = differing(wanted, here)
    is_this_python = wanted.python == this_python()
    if is_this_python and not others:
        on_step(f"all that the code of run {run_id} needs is installed here in the recorded version")
        return this_interpreter()
    python = find_python(wanted.python)
    folder = environments_folder() / _digest(python, wanted, here)
    try:
        with _held(folder):
            if folder.is_dir() and _complete(folder).exists():
                on_step(f"using the environment of run {run_id} in {folder}")
                return with_packages_of(folder, python, wanted.python)
            told = ", ".join(f"{name} {wanted.versions.get(name, 'gone')}" for name in others)
            on_step(f"making the environment of run {run_id} (Python {wanted.python}; {told}) in {folder}")
            return _make(folder, python, wanted, others if is_this_python else None)
    except OSError as error:
        raise EnvironmentUnavailable(
            f"The recorded environment cannot be made in {folder}: {error.strerror}.",
            "XDG_CACHE_HOME says where it is kept.",
        ) from error


def _make(folder: Path, python: Interpreter, wanted: Wanted, differing: list[str] | None) -> Interpreter:
    _complete(folder).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        interpreter = make_venv(folder, python, wanted, differing)
    except EnvironmentUnavailable:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    os.sync()  # what pip wrote, before what vouches for it
    _complete(folder).touch()
    return interpreter


def _complete(folder: Path) -> Path:
    """The file that vouches for an environment; beside it, where no package can put a file."""
    return folder.with_suffix(".complete")


def environments_folder() -> Path:
    """Where environments are kept; what is there may be deleted while nothing runs."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(cache) if os.path.isabs(cache) else Path("~/.cache").expanduser()
    return base / "trainstore" / "environments"


def _digest(python: Interpreter, wanted: Wanted, here: Versions) -> str:
    """Whatever decides what an environment holds, what it shares with this one too."""
    decides = [asdict(python), asdict(wanted), here]
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:32]


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Let one process at a time look at an environment or make it; the kernel lets go when it dies."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
