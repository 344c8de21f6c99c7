"""Where two models are read from: the trees that runs recorded where both have one, else the code of both."""

from collections.abc import Mapping
from typing import Any

import msgspec

from trainstore.diff.architecture.from_code import read_architecture
from trainstore.diff.architecture.layer import Architecture
from trainstore.records.model_facts import ModelFacts


class Side(msgspec.Struct, frozen=True):
    """One of two versions that are compared.

    Attributes:
        facts: of a run of it that stands for it; None where there is none.
        hyperparameters: of that run; None for the defaults of the search space.
    """

    code: str
    bo_config: Mapping[str, Any]
    facts: ModelFacts | None = None
    hyperparameters: Mapping[str, Any] | None = None
    data_profile: Mapping[str, Any] | None = None


def architectures_of(old: Side, new: Side) -> tuple[Architecture, Architecture]:
    """Return both architectures, from one source: a recorded tree and one of the code are not comparable."""
    read = architecture_by_code(old), architecture_by_code(new)
    if old.facts is None or new.facts is None or old.facts.doubts or new.facts.doubts:
        return read
    from trainstore.diff.architecture.from_facts import recorded_architecture

    return recorded_architecture(old.facts, read[0]), recorded_architecture(new.facts, read[1])


def architecture_by_code(side: Side) -> Architecture:
    """Return the model that the code alone tells of, with the hyperparameters of a side."""
    values = side.hyperparameters
    if values is None:
        values = {
            name: entry["default"]
            for name, entry in side.bo_config.items()
            if isinstance(entry, Mapping) and "default" in entry
        }
    return read_architecture(side.code, values, side.data_profile)
