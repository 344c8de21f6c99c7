"""Data sets in memory: what profiling loads, execution hands over, and runs record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from trainstore.records import run_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

Task: TypeAlias = run_parts.Task
ArrayType = Literal["numpy_array", "torch_tensor"]
PartName = Literal["all", "train", "val", "test"]


@dataclass(frozen=True)
class Sequences:
    """Sequences of unequal length, as one array and the places where each begins.

    Attributes:
        values: float32, shape (sum of lengths, channels).
        offsets: int64, shape (count + 1,); sequence i is ``values[offsets[i]:offsets[i + 1]]``.
    """

    values: "NDArray[Any]"
    offsets: "NDArray[Any]"

    def __len__(self) -> int:
        return len(self.offsets) - 1


Features: TypeAlias = "NDArray[Any] | Sequences"


@dataclass(frozen=True)
class Part:
    """Inputs and targets of equal length; ``y`` is int64 class indices or float32 values."""

    X: Features
    y: "NDArray[Any]"

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class PinnedFile:
    """A data file that the store keeps under a name, so that it is the same wherever it is asked for.

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
    target: str | None = None
    task: Task | None = None

    @property
    def recorded(self) -> run_parts.RecordedPin:
        """What run.json holds of it."""
        return {
            "name": self.name,
            "file": self.file,
            "md5": self.md5,
            "size": self.size,
            "target": self.target,
            "task": self.task,
        }


@dataclass(frozen=True)
class Dataset:
    """A data set as loaded: whole (``{"all": …}``) or already divided by its owner.

    Attributes:
        source: where it came from, as the user wrote it.
        task: decides loss and scores.
        classes: the original labels in the order of their indices; None for regression.
        parts: ``all``; or ``train`` and ``val``, with or without ``test``.
        digest: ``sha256:…`` over dtypes, shapes, values and classes.
        features: column names of a table, where the file has them.
        pinned: the file of the store's that it was read from.
        given_as: what its owner held X in, for the profile; it is an array here either way.
    """

    source: str
    task: Task
    classes: tuple[str | int | bool, ...] | None
    parts: Mapping[PartName, Part]
    digest: str
    features: tuple[str, ...] = ()
    pinned: PinnedFile | None = None
    given_as: ArrayType = "numpy_array"


@dataclass(frozen=True)
class Split:
    """A data set divided for one run.

    Attributes:
        parts: ``train`` and ``val``; ``test`` where there is one.
        recorded: how it was divided, as it stands in run.json; None where no run will tell.
    """

    parts: Mapping[PartName, Part]
    recorded: run_parts.RecordedSplit | None = None
