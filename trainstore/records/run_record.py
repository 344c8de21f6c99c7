"""The record of one run, as it stands in run.json: everything needed to repeat and to judge it, and no secret."""

from collections.abc import Mapping
from typing import Any

import msgspec

from trainstore.errors import InvalidRecord
from trainstore.records.model_facts import ModelFacts
from trainstore.records.run_parts import (
    RecordedCheckpoint,
    RecordedError,
    RecordedScoring,
    RecordedVersion,
    RunData,
)
from trainstore.records.surroundings import (
    RecordedChange,
    RecordedDevice,
    RecordedDifference,
    RecordedEnvironment,
    RecordedSandbox,
    RecordedTolerance,
)


class RunLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of a run that a person chose; None where it is for the machine to decide.

    Attributes:
        cpu_seconds: processor time of the training and of all that it starts; without a choice there is no limit.
        memory_bytes: memory of all of them together.
        processes: their processes and threads together.
        open_files: of each process.
        disk_bytes: of all their files together, the checkpoint included.
    """

    cpu_seconds: float | None = None
    memory_bytes: int | None = None
    processes: int | None = None
    open_files: int | None = None
    disk_bytes: int | None = None


_HEADLINES = ("accuracy", "r2", "validation_accuracy", "validation_r2")


def headline(metrics: Mapping[str, float | None] | None) -> float | None:
    """Return the one number that stands for a run: accuracy or r2, on the test part where there is one."""
    return next((metrics[name] for name in _HEADLINES if name in metrics), None) if metrics else None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a version.

    Attributes:
        run_id: the second it began, and six hex digits: ``YYYYMMDDTHHMMSSZ-xxxxxx``.
        action: ``run``, ``rerun`` or ``tune``.
        function: true name, ``data_type/model_name``.
        version: what was run.
        outcome: ``succeeded``, or how it ended otherwise.
        reason: why it did not succeed, in a sentence.
        error: what the function raised.
        data: what it was given.
        hyperparameters: what the function was called with.
        chosen: those of them that the user gave.
        left_out: declared hyperparameters that the function cannot take.
        out_of_range: chosen outside of the declared range.
        seed: of the training.
        threads: of each process.
        timeout_s: the limit of wall-clock time, in seconds.
        limits: those that the user chose beside the time.
        device: where it computed.
        environment: versions and hardware; empty where the worker never started.
        claimed_metrics: what the function reported.
        curves: lists of numbers that it reported.
        unrecorded: names of metrics whose values were text or null.
        scored_metrics: what trainstore measured: of the test part, and of the validation part as ``validation_…``; None
            where the model could not be asked, see ``scoring``.
        scoring: how that was measured.
        model: what the trained model is made of; None where there is none, or it could not be described.
        checkpoint: what was trained; None where nothing was kept.
        weights_digest: of the weights file.
        sandbox: what kept it in bounds.
        output: the end of what the function printed.
        started_at: ISO 8601, UTC.
        duration_s: how long the training took, in seconds.
        rerun_of: the run that this one repeats.
        verdict: of a rerun: ``identical``, ``equivalent``, ``different`` or ``not comparable``.
        causes: of a rerun: what may explain a difference, as sentences.
        environment_changes: of a rerun: what surrounded the two runs and is not the same, whatever the verdict.
        differences: of a rerun: results that are not the same.
        clocks: of a rerun: metrics that differ, but measure time.
        tolerance: of a rerun: what ``equivalent`` allows.
        missing_imports: names that the code uses without importing them, and was given.
        portable: whether it kept to instructions that give equal bits on processors of different makers.
        environment_of: the run whose recorded packages this one was run with; None for those that were installed.
        study_id: the study that this run is the best of; None for any other run.
        trainstore: release of trainstore.
    """

    run_id: str
    action: str
    function: str
    version: RecordedVersion
    outcome: str
    reason: str | None
    error: RecordedError | None
    data: RunData
    hyperparameters: dict[str, Any]
    chosen: dict[str, Any]
    left_out: list[str]
    out_of_range: list[str]
    seed: int
    threads: int
    timeout_s: float | None
    limits: RunLimits = RunLimits()
    device: RecordedDevice
    environment: RecordedEnvironment
    claimed_metrics: dict[str, Any]
    curves: dict[str, list[float | None]]
    unrecorded: list[str]
    scored_metrics: dict[str, float | None] | None
    scoring: RecordedScoring
    model: ModelFacts | None = None
    checkpoint: RecordedCheckpoint | None
    weights_digest: str | None
    sandbox: RecordedSandbox
    output: str
    started_at: str
    duration_s: float
    rerun_of: str | None = None
    verdict: str | None = None
    causes: list[str] = []
    environment_changes: list[RecordedChange] = []
    differences: list[RecordedDifference] = []
    clocks: list[str] = []
    tolerance: RecordedTolerance | None = None
    missing_imports: list[str] = []
    portable: bool = False
    environment_of: str | None = None
    study_id: str | None = None
    trainstore: str = ""

    @property
    def score(self) -> float | None:
        """The one number that stands for it; see `headline`."""
        return headline(self.scored_metrics)

    @property
    def claim(self) -> str | None:
        """``reproduced``; ``not reproduced``, also where the model cannot be asked; None where nothing was claimed."""
        if self.scoring["outcome"] == "failed":
            return "not reproduced"
        checked = self.scoring["claim"]
        return None if checked is None else "reproduced" if checked["reproduced"] else "not reproduced"


def encode_run(run: RunRecord) -> bytes:
    """Return the bytes of run.json."""
    return msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n"


def decode_run(data: bytes, run_id: str) -> RunRecord:
    """Read a run.json.

    Raises:
        InvalidRecord: it is damaged.
    """
    try:
        return msgspec.json.decode(data, type=RunRecord)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRecord(
            f"The record of run {run_id} is damaged: {error}.", "See what brings it back: trainstore verify"
        ) from error
