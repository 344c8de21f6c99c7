"""What the parent tells a supervisor, and what the supervisor tells the parent at the end."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

StoppedFor = Literal["wall_limit", "output_limit", "asked"]


@dataclass(frozen=True)
class Orders:
    """One worker to start and watch.

    Attributes:
        command: the worker's command line.
        job: the job folder, removed by the supervisor only if the parent is gone.
        parent: the parent's process id.
        lifeline: descriptor whose end-of-file means that the parent is gone or wants the worker to end.
        status: descriptor for the ``Ending``.
        passed: descriptors for the worker.
        wall_seconds: None for no limit.
        output_bytes: printing more ends the worker.
        kept_output_bytes: how much of the end of the output the ``Ending`` carries.
    """

    command: list[str]
    job: str
    parent: int
    lifeline: int
    status: int
    passed: list[int]
    wall_seconds: float | None
    output_bytes: int
    kept_output_bytes: int

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Orders":
        return Orders(**json.loads(text))


@dataclass(frozen=True)
class Ending:
    """How a worker ended; its whole tree is dead by now.

    Attributes:
        exit_code: of the worker; negative for the number of the signal that ended it.
        stopped_for: why the supervisor ended it; None when it ended without the supervisor.
        output_bytes: how much it printed.
        output_tail: the end of what it printed, undecodable bytes replaced.
        duration_s: seconds from its start to its end.
        survivors: processes of the tree that could not be ended.
    """

    exit_code: int
    stopped_for: StoppedFor | None
    output_bytes: int
    output_tail: str
    duration_s: float
    survivors: int

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Ending":
        return Ending(**json.loads(text))
