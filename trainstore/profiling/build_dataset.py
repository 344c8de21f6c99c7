"""From what a reader found to a checked data set: shapes, types, targets, digest."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.profiling.data_digest import dataset_digest
from trainstore.profiling.float_values import to_float32
from trainstore.profiling.raw_data import RawData, named
from trainstore.profiling.sequences import sample_shape, sequences_of
from trainstore.profiling.targets import encode_targets
from trainstore.records.datasets import Dataset, Features, Part, PartName, Sequences, Task

_SHAPE_HINT = (
    "X is (samples, features), (samples, time steps, channels) or (samples, channels, height, width);"
    " one feature is X.reshape(-1, 1)"
)


def build_dataset(raw: RawData, *, source: str, task: Task | None = None) -> Dataset:
    """Check and convert everything: X to float32, y to classes or values; nothing is scaled or reordered.

    Raises:
        InvalidData: the data cannot be used, in one sentence.
    """
    inputs = _agreeing(
        {part: check_features(given.X, named("X", part), raw.features) for part, given in raw.parts.items()}
    )
    targets = encode_targets({part: given.y for part, given in raw.parts.items()}, task)
    parts = {part: _paired(X, targets.parts[part], part) for part, X in inputs.items()}
    digest = dataset_digest(targets.task, targets.classes, parts)
    return Dataset(source, targets.task, targets.classes, parts, digest, raw.features)


def check_features(X: Features, name: str, columns: tuple[str, ...] = ()) -> Features:
    """Return inputs as float32, their shape checked. Raises InvalidData."""
    if isinstance(X, Sequences):
        return X
    if X.size == 0:
        raise InvalidData(
            f"{name} is empty: its shape is {X.shape}", "give at least one sample and one feature"
        )
    if X.ndim not in (2, 3, 4):
        raise InvalidData(f"{name} has shape {X.shape}, which is none that a function can take", _SHAPE_HINT)
    return to_float32(X, name, columns)


def _agreeing(inputs: Mapping[PartName, Features]) -> Mapping[PartName, Features]:
    """The parts with one shape of sample; where one part is ragged, all are."""
    if any(isinstance(X, Sequences) for X in inputs.values()):
        inputs = {
            part: sequences_of(X) if not isinstance(X, Sequences) and X.ndim == 3 else X
            for part, X in inputs.items()
        }
    shapes = {named("X", part): sample_shape(X) for part, X in inputs.items()}
    if len(set(shapes.values())) > 1:
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise InvalidData(
            f"the parts differ in the shape of a sample: {told}", "give all parts the same shape"
        )
    return inputs


def _paired(X: Features, y: NDArray[Any], part: PartName) -> Part:
    if len(X) != len(y):
        raise InvalidData(
            f"{named('X', part)} has {len(X)} samples and {named('y', part)} has {len(y)}",
            "give one target for each sample",
        )
    return Part(X, y)
