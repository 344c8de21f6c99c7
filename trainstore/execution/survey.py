"""Starts a worker as a run would, without any code to run, and asks it what is there."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainstore.errors import TrainstoreError
from trainstore.execution.claims import parse_line
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.limits import Limits
from trainstore.execution.plain_text import plain
from trainstore.execution.python_process import python_command, worker_environment
from trainstore.execution.readiness import check_ready
from trainstore.execution.sandbox import describe_sandbox
from trainstore.execution.supervised import GRACE_SECONDS, Supervised, WorkerStart
from trainstore.execution.supervisor.orders import Ending

_LIMITS = Limits(wall_seconds=120.0)  # torch is large, and a cold disk slow


@dataclass(frozen=True)
class Survey:
    """What a worker found.

    Attributes:
        sandbox: ``level`` and ``layers``, as a run records them.
        devices: each with ``name``, ``hardware`` and ``memory_bytes``, the one that ``auto`` takes first.
        printed: the end of what its libraries printed, such as warnings of a driver.
    """

    sandbox: Mapping[str, Any]
    devices: tuple[Mapping[str, Any], ...]
    printed: str


def survey_machine() -> Survey:
    """Return what a run would find here.

    Raises:
        UsageError: torch is not installed, or this system cannot run workers at all.
        TrainstoreError: the worker could not start, or did not end.
    """
    with JobFolder.create() as job:
        reader, writer = os.pipe()
        request = {"mode": "survey", "device": "auto", "seed": 0, "threads": 1, "answers": writer}
        job.request.write_text(json.dumps(request), encoding="utf-8")
        start = WorkerStart(
            command=python_command("trainstore.execution.worker", str(job.root)),
            environment=worker_environment(job, "auto", threads=1),
            descriptors=[writer],
        )
        report, printed = bytearray(), bytearray()
        with os.fdopen(reader, "rb"), Supervised(start, job, _LIMITS) as worker:
            readers = {worker.output: printed.extend, reader: report.extend}
            ending = worker.wait(
                readers, _LIMITS.wall_seconds + GRACE_SECONDS if _LIMITS.wall_seconds else None
            )
    return _read(bytes(report), ending, plain(printed.decode(errors="replace")))


def _read(report: bytes, ending: Ending | None, printed: str) -> Survey:
    lines = report.split(b"\n")[:-1]
    ready = check_ready(parse_line(lines[0])) if lines else {}
    if len(lines) != 2:
        late = ending is not None and ending.stopped_for == "wall_limit"
        last_words = printed.strip().rpartition("\n")[2] or "it said nothing"
        why = f"it took longer than {_LIMITS.wall_seconds:g} s" if late else last_words
        raise TrainstoreError(f"The worker process did not work: {why}")
    devices = parse_line(lines[1]).get("devices", [])
    return Survey(describe_sandbox(_LIMITS, ready["layers"]), tuple(devices), printed)
