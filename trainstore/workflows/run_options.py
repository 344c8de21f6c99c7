"""How a person wants a version to be run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainstore.errors import InvalidData, UsageError
from trainstore.records.datasets import Task

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

    Raises:
        UsageError: the time limit is not above 0, or above 23 days.
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

    def __post_init__(self) -> None:
        if self.data.encode(errors="replace").decode() != self.data:
            raise InvalidData(f"{self.data!r} is not Unicode, so it cannot be recorded.", "Rename the file.")
        if self.timeout_s is not None and not 0 < self.timeout_s <= _LONGEST_S:
            raise UsageError(
                f"A time limit of {self.timeout_s:g} s cannot be kept.",
                f"Give more than 0 and at most {_LONGEST_S:g} seconds, which is 23 days.",
            )
