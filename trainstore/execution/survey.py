"""Starts a worker as a run would, without any code to run, and asks it what is there."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainstore.errors import TrainstoreError
from trainstore.execution.claims import parse_line
from trainstore.execution.confined_worker import Terms, confined_worker
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.limits import Limits
from trainstore.execution.readiness import check_ready
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.execution.supervised import GRACE_SECONDS
from trainstore.execution.supervisor.orders import Ending
from trainstore.plain_text import plain
from trainstore.records.surroundings import RecordedSandbox

_WALL_SECONDS = 120.0  # torch is large, and a cold disk slow
_ANY = SandboxDemand(least="weak")


@dataclass(frozen=True)
class Survey:
    """What a worker found.

    Attributes:
        sandbox: as a run records it.
        devices: each with ``name``, ``hardware`` and ``memory_bytes``, the one that ``auto`` takes first.
        printed: the end of what its libraries printed, such as warnings of a driver.
    """

    sandbox: RecordedSandbox
    devices: tuple[Mapping[str, Any], ...]
    printed: str


def survey_machine(demand: SandboxDemand = _ANY) -> Survey:
    """Return what a run would find here.

    Args:
        demand: what to try; the best that there is, and whatever comes of it, where none is given.

    Raises:
        UsageError: torch is not installed, or this system cannot run workers at all.
        TrainstoreError: the worker could not start, or did not end.
    """
    with JobFolder.create() as job:
        reader, writer = os.pipe()
        request = {"mode": "survey", "device": "auto", "seed": 0, "threads": 1}
        report, printed = bytearray(), bytearray()
        terms = Terms(Limits(wall_seconds=_WALL_SECONDS), demand)
        with (
            os.fdopen(reader, "rb"),
            confined_worker(job, request, {"answers": writer}, terms) as worker,
        ):
            readers = {worker.process.output: printed.extend, reader: report.extend}
            ending = worker.process.wait(readers, _WALL_SECONDS + GRACE_SECONDS)
    return _read(bytes(report), ending, plain(printed.decode(errors="replace")), worker.sandbox)


def _read(report: bytes, ending: Ending | None, printed: str, sandbox: RecordedSandbox) -> Survey:
    lines = report.split(b"\n")[:-1]
    if lines:
        check_ready(parse_line(lines[0]))
    if len(lines) != 2:
        late = ending is not None and ending.stopped_for == "wall_limit"
        last_words = printed.strip().rpartition("\n")[2] or "it said nothing"
        why = f"it took longer than {_WALL_SECONDS:g} s" if late else last_words
        raise TrainstoreError(f"The worker process did not work: {why}")
    devices = parse_line(lines[1]).get("devices", [])
    return Survey(sandbox, tuple(devices), printed)
