"""Runs attacks as any training function is run, under tight limits."""

from dataclasses import replace
from typing import Any

import numpy as np

from trainstore.errors import TrainstoreError
from trainstore.execution.attacks.attack import Ran
from trainstore.execution.attacks.baits.baits import Baits
from trainstore.execution.attacks.suite import CODE, Runner
from trainstore.execution.forks import Forks
from trainstore.execution.limits import Limits
from trainstore.execution.request import TrainingRequest
from trainstore.execution.run_training import run_training
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.records.datasets import Part

MIB = 1 << 20
LIMITS = Limits(
    wall_seconds=90.0,
    memory_bytes=480 * MIB,
    processes=64,
    disk_bytes=64 * MIB,
    output_bytes=MIB,
)


def sandboxed(demand: SandboxDemand, forks: Forks | None = None) -> Runner:
    """A runner for one level, with workers that are forked, if there is what forks them."""

    def run(baits: Baits, hyperparameters: dict[str, Any], limits: dict[str, Any]) -> Ran:
        request = TrainingRequest(
            code=CODE,
            parts={"train": _part(0), "val": _part(0), "test": _part(baits.test_value)},
            hyperparameters=hyperparameters,
            device="cpu",
            limits=replace(LIMITS, **limits),
            sandbox=demand,
            forks=forks,
        )
        try:
            return _run(request)
        except TrainstoreError:
            raise
        except Exception as error:  # a parent that fails while it reads is what some attacks want
            return Ran("parent failed", parent_failed=type(error).__name__)

    return run


def _run(request: TrainingRequest) -> Ran:
    lines: list[str] = []
    with run_training(request, lines.append) as result:
        files = [file.read() for file in (result.weights, result.structure) if file is not None]
    return Ran(
        outcome=result.outcome,
        reason=result.reason or "",
        output="\n".join([*lines, result.output_tail]),
        longest_line=max(map(len, lines), default=0),
        metrics={**result.metrics, **result.curves},
        error_length=len("".join(map(str, result.error.values()))) if result.error else 0,
        model=b"".join(files),
        sandbox=result.sandbox,
    )


def _part(value: int) -> Part:
    return Part(np.full((4, 1), value, np.float32), np.zeros(4, np.int64))
