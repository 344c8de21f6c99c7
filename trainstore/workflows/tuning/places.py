"""Where trials are done: in this thread, in several beside it, or by whatever executor one has."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from trainstore.errors import UsageError
from trainstore.execution.forks import Forks, forks
from trainstore.workflows.run_options import RunOptions
from trainstore.workflows.tuning.devices import devices_for
from trainstore.workflows.tuning.executors import Beside, InOrder
from trainstore.workflows.tuning.kept_trial import folder_of
from trainstore.workflows.tuning.lost_trial import lost_trial
from trainstore.workflows.tuning.trial import TrialResult, TrialSetting, TrialTask, run_trial

if TYPE_CHECKING:
    from trainstore.search.ray_executor import RayExecutor


class Executor(Protocol):
    """Does trials, here or elsewhere; `concurrent.futures.Executor` is one."""

    def submit(
        self, function: Callable[[TrialTask], TrialResult], task: TrialTask, /
    ) -> "Future[TrialResult]":
        """Begin a trial. Both the function and the task can be pickled; the function is the same for all trials."""
        ...


@dataclass(frozen=True)
class Places:
    """Where trials are done.

    Attributes:
        executor: does them.
        devices: of each place; there are as many trials at a time.
        forks: what forks the workers of this machine.
        here: whether they write their files into the study's folder themselves.
    """

    executor: Executor
    devices: Sequence[str]
    forks: Forks | None = None
    here: bool = True

    def function(self, setting: TrialSetting) -> Callable[[TrialTask], TrialResult]:
        """Return what does a trial. One object for all of them, so that an executor can know it again."""
        return partial(run_trial, setting, forks=self.forks) if self.here else partial(run_trial, setting)

    def folder(self, study: Path, number: int) -> str | None:
        """Return where a trial of a study writes its files; None where it gives them back in memory."""
        return str(folder_of(study, number)) if self.here else None


@dataclass(frozen=True)
class Manner:
    """How many trials there are to be, and who does them.

    Attributes:
        trials: in all.
        workers: at a time; None for one here, and for as many as a cluster has room for.
        executor: does them; None for this machine.
        ray: the address of a cluster that does them, or ``local``.
    """

    trials: int
    workers: int | None = None
    executor: Executor | None = None
    ray: str | None = None


@contextmanager
def places_for(
    options: RunOptions, manner: Manner, on_step: Callable[[str], None] = lambda step: None
) -> Iterator[Places]:
    """Give the places where trials are done; leaving the context ends those that are at work.

    Args:
        options: of the trials.
        manner: how many at a time, and who does them.
        on_step: is told of what takes long.

    Raises:
        UsageError: Ray is not installed, or there is no such cluster.
    """
    if manner.ray is not None:
        local = manner.ray == "local"
        on_step("starting Ray on this machine" if local else f"joining the Ray cluster at {manner.ray}")
        executor_on = partial(_ray_executor(), cpus=options.threads, device=options.device)
        with executor_on(manner.ray, on_lost=lost_trial) as cluster:
            count = min(manner.workers or cluster.places, cluster.places)
            yield Places(cluster, [cluster.device] * count, here=False)
        return
    workers = manner.workers or 1
    if manner.executor is not None:  # whose machines have devices of their own
        yield Places(manner.executor, [options.device] * workers, here=False)
        return
    with forks() as server:
        executor = InOrder() if workers == 1 else Beside()
        yield Places(executor, devices_for(options, workers), server)


def _ray_executor() -> "type[RayExecutor]":
    try:
        from trainstore.search.ray_executor import RayExecutor  # an extra, and seconds to import
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise UsageError(
            "Trials on several machines need Ray, which is not installed.",
            "Install it beside trainstore, here and on each machine: pip install ray",
        ) from error
    return RayExecutor
