"""How a person wants a version to be run, or a run to be repeated."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec

from trainstore.errors import InvalidData, UsageError
from trainstore.execution.limits import Limits
from trainstore.execution.runtime import why_not_portable
from trainstore.execution.sandbox.levels import SandboxDemand, sandbox_demand
from trainstore.records.datasets import Task
from trainstore.records.run_record import RunLimits

EnvironmentChoice = Literal["installed", "recorded"]

_TEAMS = 8  # of threads: those of several libraries and processes
_MOST = 1 << 60
_LONGEST_S = 2_000_000  # the system can wait for 2**31 milliseconds at once


@dataclass(frozen=True)
class RunOptions:
    """How a version is run.

    Attributes:
        data: ``sklearn:NAME`` or a file.
        target: the column of a .csv file to predict.
        task: what to predict, where the data's type would say otherwise.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        chosen: hyperparameters that differ from the defaults of the search space.
        seed: of Python's, numpy's and torch's generators.
        split_seed: of the division into train, validation and test.
        threads: of torch; another number can give other bits.
        timeout_s: wall-clock limit in seconds; None for none.
        limits: of what the training may use beside time.
        allow_weak_sandbox: run on a machine that cannot keep the function from the user's files and network.
        portable: keep to instructions with which processors of different makers give equal bits.
        env: ``installed`` for the packages that are here, ``recorded`` for those of the version's newest run that
            succeeded.

    Raises:
        UsageError: portable arithmetic is not for this processor; or a limit is not above 0, or too large to be kept: 23 days, or 2**60 of anything else.
        InvalidData: the data's name is not Unicode, so that run.json could not hold it.
    """

    data: str
    target: str | None = None
    task: Task | None = None
    device: str = "auto"
    chosen: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    split_seed: int = 0
    threads: int = 1
    timeout_s: float | None = 3600.0
    limits: RunLimits = field(default_factory=RunLimits)
    allow_weak_sandbox: bool = False
    portable: bool = False
    env: EnvironmentChoice = "installed"

    def __post_init__(self) -> None:
        if self.data.encode(errors="replace").decode() != self.data:
            raise InvalidData(f"{self.data!r} is not Unicode, so it cannot be recorded.", "Rename the file.")
        if self.timeout_s is not None and not 0 < self.timeout_s <= _LONGEST_S:
            raise UsageError(
                f"A time limit of {self.timeout_s:g} s cannot be kept.",
                f"Give more than 0 and at most {_LONGEST_S:g} seconds, which is 23 days.",
            )
        if self.portable and (why := why_not_portable()):
            raise UsageError(f"There is no portable arithmetic here: {why}.", "Run without --portable.")
        for name, value in msgspec.structs.asdict(self.limits).items():
            if value is not None and not 0 < value <= _MOST:
                raise UsageError(
                    f"A limit of {value} for {name} cannot be kept.", "Give more than 0 and at most 2**60."
                )

    @property
    def sandbox(self) -> SandboxDemand:
        """The least that is asked of the sandbox."""
        return sandbox_demand(self.allow_weak_sandbox)

    def worker_limits(self) -> Limits:
        """What ends the worker: what was chosen here, and for all else what suits this machine."""
        chosen = {
            name: value for name, value in msgspec.structs.asdict(self.limits).items() if value is not None
        }
        limits = Limits(wall_seconds=self.timeout_s, **chosen)
        if "processes" in chosen:
            return limits
        return replace(limits, processes=max(limits.processes, _TEAMS * self.threads))


@dataclass(frozen=True)
class RerunOptions:
    """How a run is repeated; what is None is as the original had it.

    Attributes:
        device: where to.
        data: where the same data is now.
        threads: of torch.
        env: ``installed`` for the packages that are here, ``recorded`` for those that the original had.
        allow_weak_sandbox: run on a machine that cannot keep the function from the user's files and network.
    """

    device: str | None = None
    data: str | None = None
    threads: int | None = None
    env: EnvironmentChoice = "installed"
    allow_weak_sandbox: bool = False
