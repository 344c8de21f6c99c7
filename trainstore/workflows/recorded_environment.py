"""Choosing what a run computes with: what is installed here, or what an earlier run recorded."""

from collections.abc import Callable
from dataclasses import dataclass, field

from trainstore.errors import NotFound
from trainstore.execution.runtime import Runtime
from trainstore.records.run_record import RunRecord
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.workflows.read_run import read_run
from trainstore.workflows.run_options import RunOptions


@dataclass(frozen=True)
class Surroundings:
    """What a run computes with; ``environment_of`` is the run whose packages these are, None for those here."""

    runtime: Runtime = field(default_factory=Runtime)
    environment_of: str | None = None


def installed_here(portable: bool) -> Surroundings:
    """Return what is installed here."""
    return Surroundings(Runtime(portable=portable))


def surroundings_of(run: RunRecord, portable: bool, on_step: Callable[[str], None]) -> Surroundings:
    """Return what a run's code was run with, installing what is not here. Raises EnvironmentUnavailable."""
    from trainstore.execution.recorded_environment.environment import recorded_interpreter

    interpreter = recorded_interpreter(run.run_id, run.environment, on_step)
    return Surroundings(Runtime(interpreter, portable), run.run_id)


def newest_success(repository: Repository, version: Version) -> RunRecord:
    """Return the newest run of a version that succeeded. Raises NotFound."""
    with open_index(repository) as index:
        runs = [run for run in index.runs_of(version.path) if run.present and run.outcome == "succeeded"]
    if not runs:
        raise NotFound(
            f"{version} has no run that succeeded, so no environment is recorded for it.",
            "Run it without --env recorded.",
        )
    return read_run(repository, runs[-1])


def surroundings_for(
    repository: Repository, version: Version, options: RunOptions, on_step: Callable[[str], None]
) -> Surroundings:
    """Return what a run of a version computes with. Raises NotFound, EnvironmentUnavailable."""
    if options.env == "installed":
        return installed_here(options.portable)
    return surroundings_of(newest_success(repository, version), options.portable, on_step)
