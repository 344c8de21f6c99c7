"""The record of a study: a search of a version's space, trial by trial, as it stands in study.json.

While it goes on, the same structs are the lines of a file: one `StudyHeader`, then `Trial` and `Ending`.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from trainstore.errors import InvalidRecord
from trainstore.records.run_parts import RecordedData, RecordedVersion
from trainstore.records.run_record import RunLimits
from trainstore.records.search_space import Categorical, Dimension, Integer, Real, count_values

Direction = Literal["minimize", "maximize"]
SurrogateName = Literal["rf", "gp", "et", "random"]
EndReason = Literal["finished", "exhausted", "interrupted"]


class StudyHeader(msgspec.Struct, frozen=True, kw_only=True, tag_field="line", tag="study"):
    """What a study was begun with; together with its trials it decides every further point.

    Attributes:
        study_id: the second it began, and six hex digits.
        function: true name, ``data_type/model_name``.
        version: the one that is searched.
        started_at: ISO 8601, UTC.
        trials: how many were asked for.
        space: the dimensions that are searched, by name; a value that was set is a category of its own.
        chosen: the hyperparameters that the user set.
        left_out: declared hyperparameters that the function cannot take.
        surrogate: what foretells the value of a point.
        initial: how many trials come before it is asked.
        seed: of the search, and of each training.
        objective: the figure that the user named; None to take what can be measured.
        direction: None to take the figure's own.
        max_model_kb: kilobytes (1000 bytes) that the weights may take at most.
        data: what every trial is given.
        device: as asked for.
        threads: of each trial.
        workers: how many trials there are at a time.
        timeout_s: wall-clock limit of each trial, in seconds.
        limits: of each trial.
        libraries: versions of what decides the sequence of points and their values.
    """

    study_id: str
    function: str
    version: RecordedVersion
    started_at: str
    trials: int
    space: dict[str, Real | Integer | Categorical]
    chosen: dict[str, Any] = {}
    left_out: list[str] = []
    surrogate: SurrogateName
    initial: int
    seed: int
    objective: str | None = None
    direction: Direction | None = None
    max_model_kb: float | None = None
    data: RecordedData
    device: str
    threads: int
    workers: int = 1
    timeout_s: float | None = None
    limits: RunLimits = RunLimits()
    libraries: dict[str, str] = {}

    @property
    def dimensions(self) -> dict[str, Dimension]:
        """The space, as samplers take it."""
        return dict(self.space)

    @property
    def searched(self) -> list[str]:
        """The names of the dimensions that have a choice."""
        return [name for name, dimension in self.space.items() if count_values(dimension) != 1]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """The number that all trials of a study are judged by.

    Attributes:
        name: ``validation_accuracy`` and so on, or what the function calls it.
        measured: by trainstore, on the validation part; else it is what the function claims.
        direction: which way is better.
        why: of a claimed one that nobody asked for: why nothing could be measured.
    """

    name: str
    measured: bool
    direction: Direction
    why: str | None = None


class Trial(msgspec.Struct, frozen=True, kw_only=True, tag_field="line", tag="trial"):
    """One point that was tried.

    Attributes:
        number: from 1 on, in the order in which they began.
        hyperparameters: what the function was called with.
        value: what it reached; None where there is none.
        outcome: that of a run; or ``infeasible``, where the model is larger than allowed, or ``no_value``, where
            the figure is not to be had. Only one that ``succeeded`` can be the best.
        reason: why it did not succeed, in a sentence.
        duration_s: of the training, in seconds.
        figure: what the value is of.
        claimed_metrics: what the function reported.
        scored_metrics: what trainstore measured on the validation part; None where the model could not be asked.
        model_bytes: of the weights and buffers of the model; None where it is not known.
        device: the one that was used.
        node: the machine that it ran on.
        started_at: ISO 8601, UTC.
    """

    number: int
    hyperparameters: dict[str, Any]
    value: float | None
    outcome: str
    reason: str | None = None
    duration_s: float
    figure: Figure | None = None
    claimed_metrics: dict[str, Any] = {}
    scored_metrics: dict[str, float | None] | None = None
    model_bytes: int | None = None
    device: str | None = None
    node: str | None = None
    started_at: str


class Ending(msgspec.Struct, frozen=True, kw_only=True, tag_field="line", tag="ending"):
    """That the search has ended, and its best trial is about to be kept as a run.

    Attributes:
        reason: all trials are done, no point of the space is left, or somebody stopped it.
        run_id: of the run.
        trial: the number of the trial that is kept: the best, or the first where none can be the best.
        trials: how many there were.
    """

    reason: EndReason
    run_id: str
    trial: int
    trials: int


class StudyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A study that has ended, as it stands in study.json.

    Attributes:
        header: what it was begun with.
        ended: why it ended, and the run that was kept.
        figure: that all trials were judged by; None where none got so far.
        best: the number of the best trial; None where none can be.
        trials: all of them, by number.
        importances: the share of each hyperparameter in what made values differ; None where too little is known.
    """

    header: StudyHeader
    ended: Ending
    figure: Figure | None
    best: int | None
    trials: list[Trial]
    importances: dict[str, float] | None = None
    trainstore: str = ""


Line = StudyHeader | Trial | Ending


def figure_of(trials: Sequence[Trial]) -> Figure | None:
    """Return the figure that trials are judged by; None where none got so far."""
    return next((trial.figure for trial in trials if trial.figure is not None), None)


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """Return the best of trials, the earliest of equals; None where none succeeded."""
    best: Trial | None = None
    for trial in sorted(trials, key=lambda trial: trial.number):
        if trial.outcome == "succeeded" and (best is None or is_better(trial, best)):
            best = trial
    return best


def is_better(trial: Trial, other: Trial) -> bool:
    """Tell whether the value of one trial that succeeded is better than that of another."""
    if trial.value is None or other.value is None or trial.figure is None:
        return False
    return trial.value > other.value if trial.figure.direction == "maximize" else trial.value < other.value


def encode_study(study: StudyRecord) -> bytes:
    """Return the bytes of study.json."""
    return msgspec.json.format(msgspec.json.encode(study), indent=2) + b"\n"


def decode_study(data: bytes, where: str) -> StudyRecord:
    """Read a study.json.

    Raises:
        InvalidRecord: it is damaged.
    """
    try:
        return msgspec.json.decode(data, type=StudyRecord)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRecord(f"The study at {where} is damaged: {error}.", "Restore it with git.") from error


def encode_line(line: Line) -> bytes:
    """Return a line of a study's file."""
    return msgspec.json.encode(line) + b"\n"


def decode_line(data: bytes) -> Line:
    """Read a line of a study's file.

    Raises:
        InvalidRecord: it is damaged.
    """
    try:
        return msgspec.json.decode(data, type=StudyHeader | Trial | Ending)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRecord(f"A line of the study is damaged: {error}.") from error
