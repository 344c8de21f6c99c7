"""Runs, and what repeats them, asks them and takes from them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from trainstore.store.index.entries import Version

if TYPE_CHECKING:
    from trainstore.documents.recorded import AnyRun
    from trainstore.execution.verdict import VerdictName
    from trainstore.records.run_parts import RecordedError
    from trainstore.records.run_record import RunRecord
    from trainstore.records.surroundings import RecordedChange, RecordedDifference, RecordedTolerance
    from trainstore.store.index.entries import RunEntry
    from trainstore.workflows.predict import Prediction
    from trainstore.workflows.rerun_many import Repeated
    from trainstore.workflows.run import RunResult


class RunsJson(TypedDict):
    """Runs in the tree.

    Attributes:
        runs: oldest first.
    """

    runs: "list[AnyRun]"


class RerunJson(TypedDict):
    """How a run was repeated.

    Attributes:
        verdict: ``identical``: equal to the bit. ``equivalent``: every metric within ``tolerance``. ``not comparable``:
            not the same experiment.
        causes: what may explain a difference, as sentences.
        environment_changes: what surrounded the two runs and is not the same, whatever the verdict.
        differences: results that are not the same.
        clocks: metrics that differ, but measure time.
        tolerance: what ``equivalent`` allows.
        original: id of the run that was repeated.
        run: the new run.
    """

    verdict: "Annotated[str, VerdictName] | None"
    causes: list[str]
    environment_changes: "list[RecordedChange]"
    differences: "list[RecordedDifference]"
    clocks: list[str]
    tolerance: "RecordedTolerance | None"
    original: str | None
    run: "AnyRun"


class NotRepeatedJson(TypedDict):
    """A run that could not be repeated.

    Attributes:
        run_id: of the run.
        reason: why not.
    """

    run_id: str
    reason: str


class RepeatedJson(TypedDict):
    """How runs were repeated.

    Attributes:
        reruns: those that were.
        not_repeated: those that could not be; the command then exits with an error.
    """

    reruns: list[RerunJson]
    not_repeated: list[NotRepeatedJson]


class LogsJson(TypedDict):
    """What a run printed.

    Attributes:
        run_id: of the run.
        output: the end of what it printed.
        error: what its function raised.
    """

    run_id: str
    output: str
    error: "RecordedError | None"


class PredictionJson(TypedDict):
    """What a trained model answers.

    Attributes:
        run_id: of the run that trained it.
        rows: how many there are.
        predicted: for each row the class by its own label, or the value.
        classes: their labels; null for regression.
        probabilities: for each row, in the order of ``classes``; null for regression.
    """

    run_id: str
    rows: int
    predicted: list[Any]
    classes: list[str | int | bool] | None
    probabilities: list[list[float]] | None


class WeightsJson(TypedDict):
    """A copy of what a run trained.

    Attributes:
        run_id: of the run.
        file: the one that was written.
        bytes: its size.
        weights_digest: of the file.
    """

    run_id: str
    file: str
    bytes: int
    weights_digest: str | None


def of_run(run: "RunRecord", version: Version | None, commit: str) -> "AnyRun":
    """A run as ``run`` and ``runs`` print it: its record, with the version by its ordinal and the commit.

    A shallow clone may not know the version.
    """
    import msgspec

    from trainstore.records.run_record import encode_run

    fields = msgspec.json.decode(encode_run(run))  # as in run.json, where what is not finite is null
    return {
        **fields,
        "version": version.ordinal if version else None,
        "commit": commit,
        "record": run.version,
    }


def of_runs(runs: "Iterable[tuple[RunEntry, RunRecord, Version | None]]") -> RunsJson:
    """What ``runs`` prints."""
    return {"runs": [of_run(record, version, entry.commit) for entry, record, version in runs]}


def of_rerun(result: "RunResult") -> RerunJson:
    """What ``rerun`` prints."""
    run = result.record
    return {
        "verdict": run.verdict,
        "causes": run.causes,
        "environment_changes": run.environment_changes,
        "differences": run.differences,
        "clocks": run.clocks,
        "tolerance": run.tolerance,
        "original": run.rerun_of,
        "run": of_run(run, result.version, result.commit),
    }


def of_repeated(ended: "Sequence[Repeated]") -> RepeatedJson:
    """What ``rerun --all`` prints."""
    return {
        "reruns": [of_rerun(one.result) for one in ended if one.result],
        "not_repeated": [
            {"run_id": one.original.run_id, "reason": one.error.message} for one in ended if one.error
        ],
    }


def of_logs(run: "RunRecord") -> LogsJson:
    """What ``logs`` prints."""
    return {"run_id": run.run_id, "output": run.output, "error": run.error}


def of_prediction(found: "Prediction") -> PredictionJson:
    """What ``predict`` prints."""
    return {
        "run_id": found.run.run_id,
        "rows": len(found.predicted),
        "predicted": found.predicted,
        "classes": found.run.data["classes"],
        "probabilities": None if found.probabilities is None else found.probabilities.tolist(),
    }


def of_weights(run: "RunRecord", file: str, size: int) -> WeightsJson:
    """What ``checkpoint get`` prints."""
    return {"run_id": run.run_id, "file": file, "bytes": size, "weights_digest": run.weights_digest}
