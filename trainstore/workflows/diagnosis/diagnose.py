"""Whether trainstore will work here: on this machine, and in the store around a folder where there is one."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainstore.errors import GitFailed, StoreNotFound
from trainstore.records.surroundings import RecordedSandbox
from trainstore.store.git.repository import Repository, find_repository
from trainstore.workflows.diagnosis.machine import (
    check_compiled,
    check_git,
    check_packages,
    check_survey,
    take_survey,
)
from trainstore.workflows.diagnosis.places import check_places, check_temporary_folder
from trainstore.workflows.diagnosis.store import check_ownership, check_store
from trainstore.workflows.problem import Problem


@dataclass(frozen=True)
class Diagnosis:
    """What is here, and what is wrong with it.

    Attributes:
        python: its version.
        git: its version; None where there is none.
        packages: libraries that trainstore uses -> version; None where one is not installed.
        sandbox: what keeps a run in bounds here; None where no run can start.
        devices: each with ``name``, ``hardware`` and ``memory_bytes``; ``auto`` takes the first.
        store: top of the store; None where the folder is not in one, and only the machine was looked at.
        problems: the worst first.
    """

    python: str
    git: str | None
    packages: Mapping[str, str | None]
    sandbox: RecordedSandbox | None
    devices: tuple[Mapping[str, Any], ...]
    store: Path | None
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether trainstore will work here; warnings do not count."""
        return all(problem.severity != "error" for problem in self.problems)


def diagnose(folder: Path) -> Diagnosis:
    """Look at the machine, with a worker process as a run would have it, and at the store.

    Nothing is changed: no lock of someone else's is removed, no configuration written.

    Raises:
        StoreNotFound: there is no such folder.
    """
    if not folder.is_dir():
        raise StoreNotFound(f"There is no folder {str(folder)!r}.")
    git, problems = check_git(folder)
    packages, missing = check_packages()
    survey, refusal = take_survey()
    problems += [*missing, *check_compiled(), *refusal, *check_survey(survey), *check_temporary_folder()]
    store = _store_around(folder) if git is not None else None
    if store is not None:
        problems += [*check_store(store), *check_places(store)]
    elif git is not None:
        problems += check_ownership(folder)
    return Diagnosis(
        python=platform.python_version(),
        git=git,
        packages=packages,
        sandbox=survey.sandbox if survey else None,
        devices=survey.devices if survey else (),
        store=store.root if store else None,
        problems=tuple(sorted(problems, key=lambda problem: problem.severity)),
    )


def _store_around(folder: Path) -> Repository | None:
    try:
        repository = find_repository(folder)
    except GitFailed:
        return None
    return repository if repository is not None and repository.is_store() else None
