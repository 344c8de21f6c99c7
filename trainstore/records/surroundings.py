"""What surrounded a run, and what of two runs is not the same, by their keys in a run's record."""

from typing import Any, Literal, TypedDict


class RecordedDevice(TypedDict):
    """Where a run computed.

    Attributes:
        requested: as asked for, such as ``auto``.
        used: such as ``cpu`` or ``cuda:0``; null where it ended before it had one.
        mapped: whether this device stood in for CUDA.
        mapped_names: what the code asks of CUDA.
    """

    requested: str
    used: str | None
    mapped: bool
    mapped_names: list[str]


class RecordedEnvironment(TypedDict, total=False):
    """What a run was surrounded by; empty where its worker never started.

    Attributes:
        python: its version.
        torch: its version.
        numpy: its version.
        platform: the system.
        cpu: what the processor is called.
        cpu_capability: the instructions that torch uses of it.
        cuda: version of CUDA, where it was used.
        accelerator: what the GPU is called.
        driver: version of the GPU's driver.
        packages: every installed distribution, name to version.
        imports: those of them that the code imports.
        trainstore: its release.
    """

    python: str
    torch: str
    numpy: str
    platform: str
    cpu: str
    cpu_capability: str
    cuda: str | None
    accelerator: str | None
    driver: str | None
    packages: dict[str, str]
    imports: list[str]
    trainstore: str


class RecordedSandbox(TypedDict):
    """What kept a run in bounds.

    Attributes:
        level: what the layers add up to.
        layers: those that held.
        missing: those that did not, each with its reason.
    """

    level: Literal["weak", "partial", "strong"]
    layers: list[str]
    missing: dict[str, str]


class RecordedChange(TypedDict):
    """Something around two runs that is not the same.

    Attributes:
        what: what it is.
        original: its value in the original run.
        rerun: its value in the rerun.
        cause: whether it is known to change bits.
    """

    what: str
    original: Any
    rerun: Any
    cause: bool


class RecordedDifference(TypedDict):
    """A result that is not the same.

    Attributes:
        what: path of a metric or of another key of the run.
        original: its value in the original run.
        rerun: its value in the rerun.
    """

    what: str
    original: Any
    rerun: Any


class RecordedTolerance(TypedDict):
    """How far metrics may differ to be equivalent.

    Attributes:
        relative: share of the value.
        absolute: in any case.
    """

    relative: float
    absolute: float
