"""How a person wants a version's space to be searched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainstore.errors import UsageError
from trainstore.records.datasets import Task
from trainstore.records.run_record import RunLimits
from trainstore.records.study import Direction, SurrogateName
from trainstore.search.narrow import Ranges
from trainstore.workflows.run_options import RunOptions


@dataclass(frozen=True)
class TuneOptions:
    """How a version's space is searched.

    Attributes:
        data: a pinned data set, ``sklearn:NAME`` or a file.
        trials: how many points are tried, the default first.
        target: the column of a .csv file to predict.
        task: what to predict, where the data's type would say otherwise.
        chosen: hyperparameters that have one value in all trials.
        ranges: lowest and highest value by name, in place of the declared ones.
        objective: ``validation_accuracy`` and so on, measured by trainstore; or ``claimed:NAME``, a number that the
            function reports. None for what can be measured.
        direction: which way is better; None for the figure's own.
        max_model_kb: how many kilobytes (1000 bytes) the model may take.
        surrogate: what foretells the value of a point.
        initial: how many trials come before it is asked.
        seed: of the search, and of each training.
        split_seed: of the division into train, validation and test.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        threads: of all workers of this machine together, each trial gets its part; on a cluster of each trial.
        timeout_s: wall-clock limit of one trial in seconds; None for none.
        limits: of what one training may use beside time.
        workers: how many trials are at work at a time; None for one, or as many as a cluster has room for.
        ray: ``HOST:PORT`` of a Ray cluster that does the trials; ``local`` for one of this machine alone.
        allow_weak_sandbox: run on a machine that cannot keep the function from the user's files and network.

    Raises:
        UsageError: a number is not one to search with.
    """

    data: str
    trials: int
    target: str | None = None
    task: Task | None = None
    chosen: Mapping[str, Any] = field(default_factory=dict)
    ranges: Ranges = field(default_factory=dict)
    objective: str | None = None
    direction: Direction | None = None
    max_model_kb: float | None = None
    surrogate: SurrogateName = "rf"
    initial: int = 10
    seed: int = 0
    split_seed: int = 0
    device: str = "auto"
    threads: int = 1
    timeout_s: float | None = 3600.0
    limits: RunLimits = field(default_factory=RunLimits)
    workers: int | None = None
    ray: str | None = None
    allow_weak_sandbox: bool = False

    def __post_init__(self) -> None:
        for name in ("trials", "initial", "threads", "workers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"{value} {name} cannot be.", "Give 1 or more.")
        if self.max_model_kb is not None and not self.max_model_kb > 0:
            raise UsageError(
                f"No model takes at most {self.max_model_kb} kB.", "Give --max-model-kb above 0."
            )

    @property
    def threads_each(self) -> int:
        """The threads of one trial."""
        return self.threads if self.ray else max(1, self.threads // (self.workers or 1))

    def run_options(self) -> RunOptions:
        """How each trial is run; what it is called with beside what was chosen is the search's to say."""
        return RunOptions(
            data=self.data,
            target=self.target,
            task=self.task,
            device=self.device,
            chosen=self.chosen,
            seed=self.seed,
            split_seed=self.split_seed,
            threads=self.threads_each,
            timeout_s=self.timeout_s,
            limits=self.limits,
            allow_weak_sandbox=self.allow_weak_sandbox,
        )


@dataclass(frozen=True)
class ResumeOptions:
    """How a study goes on; all else is as it was begun.

    Attributes:
        trials: how many in all; None for as many as were asked for.
        data: where the same data is now.
        workers: how many trials at a time; None for as many as before.
        ray: the cluster that does them; None for this machine, wherever they were done before.
        despite_changes: go on with other versions of the libraries, though the points to come may then be others.
        allow_weak_sandbox: as for a run.
    """

    trials: int | None = None
    data: str | None = None
    workers: int | None = None
    ray: str | None = None
    despite_changes: bool = False
    allow_weak_sandbox: bool = False
