"""What a training function is run with, and what came of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from trainstore.errors import UsageError
from trainstore.execution.claims import Scalar
from trainstore.execution.forks import Forks
from trainstore.execution.limits import Limits
from trainstore.execution.outcome import Outcome
from trainstore.execution.runtime import Runtime
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.records.datasets import Part, PartName
from trainstore.records.run_parts import RecordedError
from trainstore.records.surroundings import RecordedDevice, RecordedEnvironment, RecordedSandbox

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?")


@dataclass(frozen=True)
class TrainingRequest:
    """One execution of a training function.

    Attributes:
        code: the source, which defines ``train_model``.
        parts: ``train`` and ``val``; other parts never reach the worker.
        hyperparameters: names to JSON values, handed over by name.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        seed: for Python's, numpy's and torch's generators.
        threads: of torch; another number of threads can give other bits.
        limits: what ends the worker.
        sandbox: how well the worker must be kept in bounds.
        runtime: what the worker computes with.
        forks: what forks the worker, which gives the same result sooner; None to start it as a program.
    """

    code: str
    parts: Mapping[PartName, Part]
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"
    seed: int = 0
    threads: int = 1
    limits: Limits = field(default_factory=Limits)
    sandbox: SandboxDemand = field(default_factory=SandboxDemand)
    runtime: Runtime = field(default_factory=Runtime)
    forks: Forks | None = None


@dataclass(frozen=True)
class TrainingResult:
    """What came of one execution. Metrics, curves and error are what the worker claims.

    Attributes:
        outcome: ``succeeded`` only with a well-formed claim and weights file, and exit status 0.
        reason: one sentence; None if it succeeded.
        error: the function's exception, if there was one.
        metrics: finite numbers.
        curves: lists of numbers, NaN and infinities included.
        unrecorded: names of metrics whose values were text or None.
        device: as asked for and as used.
        missing_imports: names that the code uses without importing them, and was given.
        threads: as set in the worker.
        runtime: what the worker computed with.
        forks: as it was asked for, so that scoring may ask for it, too.
        environment: versions and hardware; empty if the worker never got that far.
        sandbox: what kept the worker in bounds.
        weights: the safetensors file, to read from; None unless it succeeded.
        structure: the pickle that only a worker may load; None unless it succeeded.
        weights_digest: ``sha256:…`` of the weights file.
        output_tail: the end of what was printed, without control characters.
        duration_s: seconds from the worker's start to its end.
    """

    outcome: Outcome
    reason: str | None
    error: RecordedError | None
    metrics: Mapping[str, Scalar]
    curves: Mapping[str, list[float]]
    unrecorded: list[str]
    device: RecordedDevice
    missing_imports: list[str]
    threads: int
    runtime: Runtime
    forks: Forks | None
    environment: RecordedEnvironment
    sandbox: RecordedSandbox
    weights: BinaryIO | None
    structure: BinaryIO | None
    weights_digest: str | None
    output_tail: str
    duration_s: float


def check_device_name(device: str) -> None:
    """Refuse what is no name of a device.

    Raises:
        UsageError: it is none.
    """
    if not _DEVICE.fullmatch(device):
        raise UsageError(
            f"{device!r} is not the name of a device",
            hint="use --device auto, cpu, cuda, cuda:N (N = 0, 1, …) or mps",
        )
