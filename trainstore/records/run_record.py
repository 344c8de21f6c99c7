"""The record of one run, as it stands in run.json: everything needed to repeat and to judge it, and no secret."""

from typing import Any

import msgspec

from trainstore.errors import InvalidRecord
from trainstore.records.model_facts import ModelFacts


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


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a version.

    Attributes:
        action: ``run``, ``rerun`` or ``tune``.
        function: true name, ``data_type/model_name``.
        version: its ``timestamp``, ``path``, ``code_digest`` and ``space_digest``.
        outcome: ``succeeded``, or how it ended otherwise; ``reason`` says it in a sentence.
        error: ``type``, ``message`` and ``traceback`` of what the function raised.
        data: ``source``, ``target``, ``digest``, ``task``, ``classes``, ``features`` (a table's columns) and ``split``.
        hyperparameters: what the function was called with; ``chosen`` are those the user gave.
        left_out: declared hyperparameters that the function cannot take.
        out_of_range: chosen outside of the declared range.
        limits: beside ``timeout_s``, which is the wall-clock limit.
        device: ``requested``; ``used``; ``mapped``, whether that one stood in for CUDA, and ``mapped_names``, what
            the code asks of CUDA.
        claimed_metrics: what the function reported; ``curves`` its lists of numbers.
        scored_metrics: what trainstore measured, null where the model could not be asked: see ``scoring``.
        model: what the trained model is made of; None where there is none, or it could not be described.
        checkpoint: ``path``, ``md5`` and ``bytes`` of the tracked folder.
        missing_imports: names that the code uses without importing them, and was given.
        output: the end of what the function printed.
        started_at: ISO 8601, UTC.
        portable: whether it kept to instructions that give equal bits on processors of different makers.
        environment_of: the run whose recorded packages this one was run with; None for those that were installed.
        environment: versions and hardware; ``packages`` are all installed distributions, ``imports`` those of them that
            the code imports.
        rerun_of: the run that this one repeats, judged by ``verdict``, ``causes`` and ``differences``; ``clocks``
            are metrics that differ and measure time, ``tolerance`` is that of ``equivalent``.
        environment_changes: what surrounded the two runs and is not the same, whatever the verdict, each with
            ``what``, ``original``, ``rerun`` and ``cause``, whether it is known to change bits.
        study_id: the study that this run is the best of; None for any other run.
    """

    run_id: str
    action: str
    function: str
    version: dict[str, Any]
    outcome: str
    reason: str | None
    error: dict[str, Any] | None
    data: dict[str, Any]
    hyperparameters: dict[str, Any]
    chosen: dict[str, Any]
    left_out: list[str]
    out_of_range: list[str]
    seed: int
    threads: int
    timeout_s: float | None
    limits: RunLimits = RunLimits()
    device: dict[str, Any]
    environment: dict[str, Any]
    claimed_metrics: dict[str, Any]
    curves: dict[str, list[float | None]]
    unrecorded: list[str]
    scored_metrics: dict[str, float | None] | None
    scoring: dict[str, Any]
    model: ModelFacts | None = None
    checkpoint: dict[str, Any] | None
    weights_digest: str | None
    sandbox: dict[str, Any]
    output: str
    started_at: str
    duration_s: float
    rerun_of: str | None = None
    verdict: str | None = None
    causes: list[str] = []
    environment_changes: list[dict[str, Any]] = []
    differences: list[dict[str, Any]] = []
    clocks: list[str] = []
    tolerance: dict[str, float] | None = None
    missing_imports: list[str] = []
    portable: bool = False
    environment_of: str | None = None
    study_id: str | None = None
    trainstore: str = ""

    @property
    def claim(self) -> str | None:
        """``reproduced``; ``not reproduced``, also where the model cannot be asked; None where nothing was claimed."""
        if self.scoring.get("outcome") == "failed":
            return "not reproduced"
        checked = self.scoring.get("claim")
        return None if not checked else "reproduced" if checked["reproduced"] else "not reproduced"


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
            f"The record of run {run_id} is damaged: {error}.", "Restore it with git."
        ) from error
