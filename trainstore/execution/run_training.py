"""Runs one training function in a supervised worker."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from trainstore.errors import TrainstoreError
from trainstore.execution.claims import InvalidClaim, parse_line
from trainstore.execution.confined_worker import Terms, confined_worker
from trainstore.execution.job_folder import JobFolder, create_result_file
from trainstore.execution.judgement import check_checkpoint, digest, judge
from trainstore.execution.limits import REPORT_BYTES, Limits
from trainstore.execution.live_output import LiveOutput
from trainstore.execution.placed_inputs import save_inputs
from trainstore.execution.readiness import READY_BYTES, Ready, check_ready
from trainstore.execution.request import TrainingRequest, TrainingResult, check_device_name
from trainstore.execution.supervised import GRACE_SECONDS
from trainstore.execution.supervisor.orders import Ending
from trainstore.plain_text import plain
from trainstore.records.surroundings import RecordedSandbox


@contextmanager
def run_training(request: TrainingRequest, on_output: Callable[[str], None]) -> Iterator[TrainingResult]:
    """Run ``train_model`` and give its result; the checkpoint's files can be read while the context lasts.

    The worker's whole tree is dead before the result is given, also when this is interrupted.

    Args:
        request: what to run, on what, and within which limits.
        on_output: gets each line that the function prints, as plain text, while it runs.

    Raises:
        UsageError: the device's name is none, or torch is not installed.
        DeviceUnavailable: the device is not on this machine.
        SandboxTooWeak: this machine does not give the sandbox demanded.
    """
    check_device_name(request.device)
    with JobFolder.create() as job:
        _fill(job, request)
        weights, weights_writer = create_result_file(job.weights)
        structure, structure_writer = create_result_file(job.structure)
        with weights, structure:
            execution = _execute(
                request, job, {"weights": weights_writer, "structure": structure_writer}, on_output
            )
            yield _result(request, execution, weights, structure)


@dataclass(frozen=True)
class _Execution:
    """What is known when the worker is dead; ``ready`` is what it said before it imported the function."""

    ending: Ending | None
    printed: str
    report: bytes
    ready: Ready | None
    sandbox: RecordedSandbox
    waited_s: float


def _fill(job: JobFolder, request: TrainingRequest) -> None:
    if request.forks is not None:
        request.forks.inputs.link(job, request.parts)
    else:
        save_inputs(job.inputs, request.parts)
    # A lone surrogate cannot be UTF-8; written like this, Python itself refuses it with a sentence.
    job.function_file.write_text(request.code, encoding="utf-8", errors="surrogatepass")


def _execute(
    request: TrainingRequest, job: JobFolder, results: dict[str, int], on_output: Callable[[str], None]
) -> _Execution:
    reader, writer = os.pipe()
    descriptors = {**results, "answers": writer}
    report = bytearray()
    live = LiveOutput(on_output)
    printed = bytearray()

    def hear(chunk: bytes) -> None:
        live.add(chunk)
        printed.extend(chunk)
        del printed[: -request.limits.kept_output_bytes]

    terms = Terms(request.limits, request.sandbox, request.runtime, forks=request.forks)
    started = time.monotonic()
    with (
        os.fdopen(reader, "rb"),
        confined_worker(job, _message(request), descriptors, terms) as worker,
    ):
        readers = {worker.process.output: hear, reader: lambda chunk: _extend(report, chunk)}
        ending = worker.process.wait(readers, _patience(request.limits))
    live.close()
    waited_s = time.monotonic() - started
    # A supervisor that is killed takes its account of the output with it.
    tail = ending.output_tail if ending else printed.decode(errors="replace")
    return _Execution(
        ending, plain(tail), bytes(report), _ready(bytes(report), ending), worker.sandbox, waited_s
    )


def _patience(limits: Limits) -> float | None:
    """How long the supervisor may take to end the worker, before it is taken to be stopped itself."""
    return None if limits.wall_seconds is None else limits.wall_seconds + GRACE_SECONDS


def _message(request: TrainingRequest) -> dict[str, Any]:
    return {
        "mode": "train",
        "device": request.device,
        "seed": request.seed,
        "threads": request.threads,
        "hyperparameters": dict(request.hyperparameters),
    }


def _extend(report: bytearray, chunk: bytes) -> None:
    """Keep just so much that a report that is too long is known to be."""
    report += chunk[: REPORT_BYTES + 1 - len(report)]


def _ready(report: bytes, ending: Ending | None) -> Ready | None:
    """What the worker said before it imported the function; None if it was ended before that.

    Raises:
        TrainstoreError: the worker itself does not work on this machine, or refuses the device.
    """
    line, end, _ = report.partition(b"\n")
    if end:
        try:
            return check_ready(parse_line(line[:READY_BYTES]))
        except InvalidClaim as error:
            raise TrainstoreError(str(error)) from error
    if ending is not None and ending.stopped_for is None and ending.exit_code >= 0:
        last_words = plain(ending.output_tail).strip().rpartition("\n")[2]
        raise TrainstoreError(f"the worker could not start: {last_words or 'it said nothing'}")
    return None


def _result(
    request: TrainingRequest, execution: _Execution, weights: BinaryIO, structure: BinaryIO
) -> TrainingResult:
    ending, ready = execution.ending, execution.ready
    claim = check_checkpoint(
        judge(ending, execution.report, request.limits), weights, structure, request.limits
    )
    succeeded = claim.outcome == "succeeded"
    return TrainingResult(
        outcome=claim.outcome,
        reason=claim.reason,
        error=claim.error,
        metrics=claim.metrics,
        curves=claim.curves,
        unrecorded=claim.unrecorded,
        device={
            "requested": request.device,
            "used": ready.device if ready else None,
            "mapped": bool(ready and ready.mapped_names),
            "mapped_names": ready.mapped_names if ready else [],
        },
        missing_imports=ready.missing_imports if ready else [],
        threads=ready.threads if ready else request.threads,
        runtime=request.runtime,
        forks=request.forks,
        environment=ready.environment if ready else {},
        sandbox=execution.sandbox,
        weights=weights if succeeded else None,
        structure=structure if succeeded else None,
        weights_digest=digest(weights) if succeeded else None,
        output_tail=execution.printed,
        duration_s=ending.duration_s if ending else execution.waited_s,
    )
