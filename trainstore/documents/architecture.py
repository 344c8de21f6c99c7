"""The difference of two models."""

from math import isfinite
from typing import Any, TypedDict

from trainstore.diff.architecture.compare import ArchitectureDiff, LayerChange
from trainstore.diff.architecture.layer import Layer, Settings
from trainstore.diff.architecture.summary import summarise
from trainstore.documents.differences import PairJson

_MOST_LISTED = 500


class LayerJson(TypedDict):
    """One module of a model, or one functional call of its forward pass.

    Attributes:
        path: where it stands in the model, such as ``encoder.layers.0``; empty for the model itself.
        kind: its class, such as ``Conv2d``; a functional call has the name of the class that does the same.
        settings: those that are not the ones that torch takes by itself.
        parameters: values in all its parameters, those of the layers in it included; null where it is not known.
        output_shape: of its answer to a few rows, the rows included; only runs record it.
        functional: whether it is a call such as ``F.relu``, not a module.
        condition: the expression that decides whether it is there, where the code does not say.
        layers: in it.
    """

    path: str
    kind: str
    settings: dict[str, Any]
    parameters: int | None
    output_shape: list[int] | None
    functional: bool
    condition: str | None
    layers: "list[LayerJson]"


class LayersJson(TypedDict):
    """A layer of both models that is not the same, or stands elsewhere.

    Attributes:
        path: where it stands.
        kind: its class.
        settings: those that differ, by name; null for one that is not given and has no default.
        parameters: values in all its parameters; null where it is not known.
        output_shape: of its answer to a few rows; null likewise.
        moved: whether it stands elsewhere in the order.
    """

    path: PairJson[str]
    kind: PairJson[str]
    settings: dict[str, PairJson[Any]]
    parameters: PairJson[int | None]
    output_shape: PairJson[list[int] | None]
    moved: bool


class ArchitectureJson(TypedDict):
    """What differs between two models.

    Attributes:
        source: where the layers were read: ``recorded`` by a run, or in the code.
        unchanged: whether both were read, and are equal up to names.
        nothing_in_common: whether the two have too little in common to tell what changed; ``added`` and ``removed``
            then hold the two whole models.
        summary: the same in sentences.
        parameters: values in all parameters of the whole models; null where it is not known.
        added: layers that only the new one has, 500 at most; of a whole new block the block alone.
        removed: likewise of the old one.
        changed: layers of both that are not the same, 500 at most.
        surroundings: settings of the loss, the optimiser, the schedule or the like where they differ; null where there is none.
        notes: what could not be read.
    """

    source: str
    unchanged: bool
    nothing_in_common: bool
    summary: list[str]
    parameters: PairJson[int | None]
    added: list[LayerJson]
    removed: list[LayerJson]
    changed: list[LayersJson]
    surroundings: dict[str, PairJson[dict[str, Any] | None]]
    notes: list[str]


def of_architecture(diff: ArchitectureDiff) -> ArchitectureJson:
    """What ``diff`` prints of the architecture."""
    return {
        "source": diff.new.source,
        "unchanged": diff.unchanged,
        "nothing_in_common": diff.nothing_in_common,
        "summary": summarise(diff),
        "parameters": {"old": diff.old.parameters, "new": diff.new.parameters},
        "added": [_layer(layer) for layer in diff.added[:_MOST_LISTED]],
        "removed": [_layer(layer) for layer in diff.removed[:_MOST_LISTED]],
        "changed": [_change(change) for change in diff.changed[:_MOST_LISTED]],
        "surroundings": {
            name: {"old": _settings(old), "new": _settings(new)}
            for name, (old, new) in diff.surroundings.items()
        },
        "notes": list(diff.notes),
    }


def _layer(layer: Layer) -> LayerJson:
    return {
        "path": layer.path,
        "kind": layer.kind,
        "settings": {name: _plain(value) for name, value in layer.settings.items()},
        "parameters": layer.parameters,
        "output_shape": _shape(layer),
        "functional": layer.functional,
        "condition": layer.condition,
        "layers": [_layer(child) for child in layer.children],
    }


def _change(change: LayerChange) -> LayersJson:
    old, new = change.old, change.new
    return {
        "path": {"old": old.path, "new": new.path},
        "kind": {"old": old.kind, "new": new.kind},
        "settings": {
            name: {"old": _plain(before), "new": _plain(after)}
            for name, (before, after) in change.settings.items()
        },
        "parameters": {"old": old.parameters, "new": new.parameters},
        "output_shape": {"old": _shape(old), "new": _shape(new)},
        "moved": change.moved,
    }


def _shape(layer: Layer) -> list[int] | None:
    return None if layer.output_shape is None else list(layer.output_shape)


def _settings(settings: Settings | None) -> dict[str, Any] | None:
    return None if settings is None else {name: _plain(value) for name, value in settings.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)  # JSON has no form for it
    return str(value) if isinstance(value, str) else value
