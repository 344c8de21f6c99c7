"""What the parent tells a supervisor, and what the supervisor tells the parent at the end."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

from trainstore.execution.limits import Limits

StoppedFor = Literal[
    "wall_limit", "cpu_limit", "memory_limit", "process_limit", "disk_limit", "output_limit", "asked"
]


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
        limits: going past one ends the worker.
        bounded_scratch: whether the worker's files are in scratch of its own, whose size the system bounds.
    """

    command: list[str]
    job: str
    parent: int
    lifeline: int
    status: int
    passed: list[int]
    limits: Limits
    bounded_scratch: bool = False

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Orders":
        fields = json.loads(text)
        return Orders(**{**fields, "limits": Limits(**fields["limits"])})


@dataclass(frozen=True)
class Usage:
    """What a worker and its descendants use together; see ``Limits`` for what each counts."""

    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    processes: int = 0
    disk_bytes: int = 0


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
        most: the highest of each that was measured.
        system_kills: processes, of whomever, that the system ended in the meantime for want of memory; None if
            it does not say.
    """

    exit_code: int
    stopped_for: StoppedFor | None
    output_bytes: int
    output_tail: str
    duration_s: float
    survivors: int
    most: Usage = Usage()
    system_kills: int | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: bytes) -> "Ending":
        """Check what came, as code of the same user can write into the pipe.

        Raises:
            ValueError: it is no ending.
        """
        import msgspec  # the supervisor only writes

        try:
            return msgspec.json.decode(text, type=Ending)
        except RecursionError as error:
            raise ValueError("it is nested too deep") from error
