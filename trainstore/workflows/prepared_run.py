"""A run before it begins, and between its training and its commit."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from trainstore.disk_format.run_ids import new_run_id
from trainstore.execution.request import TrainingResult
from trainstore.records.datasets import Dataset, Split
from trainstore.records.training_code import Call
from trainstore.records.training_record import TrainingRecord
from trainstore.store.index.entries import Version
from trainstore.workflows.recorded_environment import Surroundings
from trainstore.workflows.run_options import RunOptions


@dataclass(frozen=True)
class PreparedRun:
    """Everything that one execution needs; made by `run_version`, and by a rerun from what it repeats."""

    version: Version
    record: TrainingRecord
    call: Call
    dataset: Dataset
    split: Split
    options: RunOptions
    surroundings: Surroundings = field(default_factory=Surroundings)


@dataclass(frozen=True)
class Beginning:
    """When a run began, and its id."""

    run_id: str
    started: datetime

    @classmethod
    def now(cls) -> "Beginning":
        """Return that of a run that begins at this moment."""
        started = datetime.now(UTC)
        return cls(new_run_id(started), started)


@dataclass(frozen=True)
class Trained:
    """A run whose training has ended; the checkpoint's files can still be read from its result."""

    prepared: PreparedRun
    begun: Beginning
    result: TrainingResult
