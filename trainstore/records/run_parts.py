"""The objects in a run's record; dicts in memory, checked when the record is decoded. Reading commands need them: they import nothing."""

from typing import Literal, TypedDict

Task = Literal["classification", "regression"]


class RecordedVersion(TypedDict):
    """The version as it was found.

    Attributes:
        timestamp: when its record was made, in Unix seconds.
        path: of its record.
        commit: that saved it.
        code_digest: of its training code.
        space_digest: of its search space.
    """

    timestamp: int
    path: str
    commit: str
    code_digest: str
    space_digest: str


class RecordedError(TypedDict):
    """What a function raised.

    Attributes:
        type: class of the exception.
        message: its own words.
        traceback: the function's frames.
    """

    type: str
    message: str
    traceback: str


class RecordedPin(TypedDict):
    """A file that has a name in the store.

    Attributes:
        name: of the data set.
        file: the file's own name, whose ending tells the format.
        md5: id of the object that DVC keeps.
        size: in bytes.
        target: the column to predict, as told when it was pinned.
        task: likewise.
    """

    name: str
    file: str
    md5: str
    size: int
    target: str | None
    task: Task | None


SplitKind = Literal["stratified", "random", "given"]


class RecordedSplit(TypedDict):
    """How data was divided.

    Attributes:
        kind: whether classes were kept in proportion, or the parts came from the user.
        seed: of the division; null where the parts were given.
        fractions: share of each part; null likewise.
        counts: samples in each part.
        digests: of each part's arrays.
        reason: why it could not be stratified.
    """

    kind: SplitKind
    seed: int | None
    fractions: dict[str, float] | None
    counts: dict[str, int]
    digests: dict[str, str]
    reason: str | None


class RecordedData(TypedDict):
    """Data that was trained on.

    Attributes:
        source: file, name of a data set, or ``sklearn:NAME``.
        target: the column to predict; null where the format tells.
        task: what is to be learnt.
        classes: their labels, in the order of the model's outputs; null for regression.
        digest: of all its arrays.
        split: how it was divided.
        pinned: the file in the store, where the data has a name there.
    """

    source: str
    target: str | None
    task: Task
    classes: list[str | int | bool] | None
    digest: str
    split: RecordedSplit
    pinned: RecordedPin | None


class RunData(RecordedData):
    """Data that a run was given.

    Attributes:
        features: columns of a table; null where there are none, or too many to keep.
    """

    features: list[str] | None


ScoringOutcome = Literal["succeeded", "failed", "skipped"]


class CheckedClaim(TypedDict):
    """A claimed figure beside the measured one.

    Attributes:
        name: as the function calls it.
        claimed: as a share of 1 where the function gives percent.
        measured: by trainstore, on the validation part.
        reproduced: whether the two agree.
    """

    name: str
    claimed: float
    measured: float
    reproduced: bool


class RecordedScoring(TypedDict):
    """How a run was scored.

    Attributes:
        outcome: ``failed`` where the model could not be asked, ``skipped`` where there is none.
        reason: why it failed.
        probabilities: whether a classifier gives probabilities (true) or logits (false), by all rows that it was
            scored on; ``predict`` takes them as that. Null for regression.
        swapped_axes: whether the model was asked with the last two axes of each sample swapped.
        claim: what the function claims of the validation part, checked; null where it claims nothing of it.
        undescribed: why there is no ``model``.
    """

    outcome: ScoringOutcome
    reason: str | None
    probabilities: bool | None
    swapped_axes: bool
    claim: CheckedClaim | None
    undescribed: str | None


class RecordedCheckpoint(TypedDict):
    """What a run trained, as DVC tracks it.

    Attributes:
        path: of the folder.
        md5: id of the folder's list of files.
        bytes: of all its files.
    """

    path: str
    md5: str
    bytes: int
