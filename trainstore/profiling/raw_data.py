"""What a reader hands over before values and shapes are checked."""

from collections.abc import Mapping
from dataclasses import dataclass

from trainstore.records.datasets import Features, PartName


@dataclass(frozen=True)
class RawPart:
    """Inputs as an array of any type, or as sequences already checked; targets as array or list."""

    X: Features
    y: object


@dataclass(frozen=True)
class RawData:
    """Parts as they were found, and the names of the columns of X where the format has them."""

    parts: Mapping[PartName, RawPart]
    features: tuple[str, ...] = ()


def named(letter: str, part: PartName) -> str:
    """The name a person knows an array by: ``X``, ``y_train`` and so on."""
    return letter if part == "all" else f"{letter}_{part}"
