"""The starters: training functions that ship with trainstore, and the choice among them by data profile."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from trainstore.errors import InvalidData

DataKind = Literal["tabular", "image", "sequence", "ragged_sequence"]

_NAMES = ("mlp", "cnn", "bilstm_attention", "transformer_encoder")
_TASKS = ("classification", "regression")


@dataclass(frozen=True)
class Starter:
    """A training function that ships with trainstore; every starter does classification and regression.

    Attributes:
        model_name: as in the records saved from it.
        training_code: a complete module with ``train_model``; text, never imported here.
        bo_config: the search space, in the record's format.
        confidence: its median test accuracy on the digits as in docs/starters.md, cut to two digits.
        fits: the kinds of data that it takes, the one it is made for first.
    """

    model_name: str
    training_code: str
    bo_config: Mapping[str, Mapping[str, Any]]
    confidence: float
    fits: tuple[DataKind, ...]


@cache
def all_starters() -> tuple[Starter, ...]:
    """Every starter, in the order of the documentation."""
    return tuple(_read_starter(name) for name in _NAMES)


def fitting_starters(profile: Mapping[str, Any]) -> list[Starter]:
    """The starters that can train on data of this profile, the best first.

    Args:
        profile: a ``data_profile`` as in the record; ``metadata.task`` may be absent.

    Raises:
        InvalidData: no starter takes this kind of data, these targets or this task.
    """
    _check_targets(profile)
    kind = _data_kind(profile)
    return sorted((s for s in all_starters() if kind in s.fits), key=lambda s: s.fits.index(kind))


def starter_record(starter: Starter, profile: Mapping[str, Any], timestamp: int) -> dict[str, Any]:
    """The record to save for a starter chosen for data of this profile, keys in the format's order."""
    return {
        "model_name": starter.model_name,
        "training_code": starter.training_code,
        "bo_config": {name: dict(entry) for name, entry in starter.bo_config.items()},
        "confidence": starter.confidence,
        "data_profile": dict(profile),
        "timestamp": timestamp,
        "metadata": {"generated_by": "trainstore starter", "api_model": "none", "version": "1.0"},
    }


def _read_starter(name: str) -> Starter:
    folder = files("trainstore.generation") / "starters"
    about = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return Starter(
        model_name=about["model_name"],
        training_code=(folder / f"{name}.py").read_text(encoding="utf-8"),
        bo_config=about["bo_config"],
        confidence=about["confidence"],
        fits=tuple(about["fits"]),
    )


def _check_targets(profile: Mapping[str, Any]) -> None:
    if not profile.get("has_labels", True):
        raise InvalidData(
            "The data has no targets, and every starter learns from targets.",
            "Add y, or name the column of a table.",
        )
    task = (profile.get("metadata") or {}).get("task", _TASKS[0])
    if task not in _TASKS:
        raise InvalidData(
            f"No starter is made for the task {task!r}.", f"The tasks are {' and '.join(_TASKS)}."
        )


def _data_kind(profile: Mapping[str, Any]) -> DataKind:
    if profile.get("data_type") == "sequence_list":
        return "ragged_sequence"
    # An image or a sequence may be flagged as a table too: the more special kind decides.
    if profile.get("is_image"):
        return "image"
    if profile.get("is_sequence"):
        return "sequence"
    if profile.get("is_tabular"):
        return "tabular"
    shape = profile.get("shape")
    raise InvalidData(
        f"No starter takes data of shape {shape}.",
        "Give a table (N, F), sequences (N, T, C) or as a list of (T, C), or images (N, C, H, W).",
    )
