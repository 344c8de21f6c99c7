"""The difference of two models as JSON."""

from math import isfinite
from typing import Any

from trainstore.diff.architecture.compare import ArchitectureDiff, LayerChange
from trainstore.diff.architecture.layer import Layer, Settings
from trainstore.diff.architecture.summary import summarise

_MOST_LISTED = 500


def architecture_json(diff: ArchitectureDiff) -> dict[str, Any]:
    """Return what ``diff --json`` says of the architecture."""
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


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "path": layer.path,
        "kind": layer.kind,
        "settings": _settings(layer.settings),
        "parameters": layer.parameters,
        "output_shape": None if layer.output_shape is None else list(layer.output_shape),
        "functional": layer.functional,
        "condition": layer.condition,
        "layers": [_layer(child) for child in layer.children],
    }


def _change(change: LayerChange) -> dict[str, Any]:
    old, new = change.old, change.new
    shapes = [None if one.output_shape is None else list(one.output_shape) for one in (old, new)]
    return {
        "path": {"old": old.path, "new": new.path},
        "kind": {"old": old.kind, "new": new.kind},
        "settings": {
            name: {"old": _plain(before), "new": _plain(after)}
            for name, (before, after) in change.settings.items()
        },
        "parameters": {"old": old.parameters, "new": new.parameters},
        "output_shape": {"old": shapes[0], "new": shapes[1]},
        "moved": change.moved,
    }


def _settings(settings: Settings | None) -> dict[str, Any] | None:
    return None if settings is None else {name: _plain(value) for name, value in settings.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)  # JSON has no form for it
    return str(value) if isinstance(value, str) else value
