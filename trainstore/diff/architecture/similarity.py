"""How alike two layers are."""

from collections.abc import Mapping
from typing import Any

from trainstore.diff.architecture.layer import Layer, Settings, Text
from trainstore.diff.architecture.torch_layers import REQUIRED, signature

LEAST = 0.35  # below it, two layers are not the same one

_FAMILIES = {
    kind: family
    for family, kinds in {
        "activation": "ReLU ReLU6 LeakyReLU ELU SELU CELU GELU SiLU Mish Hardswish Hardtanh Softplus Tanh Sigmoid "
        "PReLU GLU Softsign LogSigmoid",
        "normalisation": "BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm GroupNorm RMSNorm InstanceNorm1d "
        "InstanceNorm2d InstanceNorm3d",
        "recurrent": "RNN LSTM GRU",
        "convolution": "Conv1d Conv2d Conv3d",
        "dropout": "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout",
        "pooling": "MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d",
        "global pooling": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d",
        "reduction": "Mean Sum Max LogSumExp",
        "linear": "Linear LazyLinear",
    }.items()
    for kind in kinds.split()
}


def settings_changes(old: Layer, new: Layer) -> dict[str, tuple[Any, Any]]:
    """Return the settings in which two layers differ, a setting that is not given by torch's default.

    Those of a class of the code itself have names that its author chose: equal values in the same order are equal.
    """
    if old.own or new.own:
        before, after = list(old.settings.values()), list(new.settings.values())
        if len(before) == len(after) and all(map(equal, before, after)):
            return {}
    return compare_settings(old.settings, new.settings, old.kind if old.kind == new.kind else "")


def changed_settings(old: Layer, new: Layer) -> dict[str, tuple[Any, Any]]:
    """Return the settings in which two counterparts differ; of containers only if they are of one class."""
    return (
        settings_changes(old, new) if old.kind == new.kind or (not old.children and not new.children) else {}
    )


def differs_in_kind(old: Layer, new: Layer) -> bool:
    """Tell whether one layer stands in the place of another; what a class is called does not count."""
    return not old.children and not new.children and not old.own and not new.own and old.kind != new.kind


def compare_settings(old: Settings, new: Settings, kind: str) -> dict[str, tuple[Any, Any]]:
    """Return what differs, with the defaults of a class of torch for what is not given."""
    defaults = {name: value for name, value in signature(kind).items() if value is not REQUIRED}
    pairs = {
        name: (old.get(name, defaults.get(name)), new.get(name, defaults.get(name)))
        for name in {**old, **new}
    }
    return {name: pair for name, pair in pairs.items() if not equal(*pair) and name != "kind"}


def equal(old: Any, new: Any) -> bool:
    """Tell whether two settings are the same: as text, or for the data at hand."""
    if isinstance(old, tuple) and isinstance(new, tuple):
        return len(old) == len(new) and all(map(equal, old, new))
    if isinstance(old, Text) and isinstance(new, Text) and str(old) == str(new):
        return True
    first, second = _value(old), _value(new)
    if isinstance(first, bool) != isinstance(second, bool):
        return False
    return first is not _UNKNOWN and second is not _UNKNOWN and bool(first == second)


_UNKNOWN = object()


def _value(setting: Any) -> Any:
    if isinstance(setting, Text):
        return _UNKNOWN if setting.value is None else setting.value
    return setting


def family(kind: str) -> str:
    """Return what a kind of layer is for, such as ``activation``; its own name where it is the only one."""
    return _FAMILIES.get(kind, kind)


def sort_of(layer: Layer) -> tuple[object, ...]:
    """Return what two layers must have in common to be alike at all."""
    return layer.own, layer.same_as is None, "" if layer.own else family(layer.kind)


def place_of(layer: Layer) -> tuple[str, int]:
    """Return what of a layer's path counts: its own name, and its depth."""
    return layer.path.rpartition(".")[2], layer.path.count(".")


def similarity(old: Layer, new: Layer) -> float:
    """Return how alike two layers of one sort are, from 0 to 1: kind, then settings, then names and depths a little."""
    places = place_of(old), place_of(new)
    named = 0.05 * (places[0][0] == places[1][0]) + 0.02 * (places[0][1] == places[1][1])
    if old.own:
        same = old.kind == new.kind
        return 0.45 + 0.2 * same + 0.3 * (not settings_changes(old, new)) + named
    if old.kind != new.kind:
        return 0.35 + named
    if old.parameters == 0 and new.parameters == 0:  # little but their kind tells them apart
        return 0.4 + 0.55 * _alike(old.settings, new.settings) + named
    return 0.3 + 0.65 * _alike(old.settings, new.settings) + named


def _alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    names = {**old, **new}
    if not names:
        return 1.0
    return sum(_closeness(old.get(name), new.get(name)) for name in names) / len(names)


def _closeness(old: Any, new: Any) -> float:
    if type(old) is int and type(new) is int:  # most are; told at once, for a pair of models has thousands
        return 1.0 if old == new else _as_large(old, new)
    if equal(old, new):
        both = isinstance(old, Text) + isinstance(new, Text)
        return (1.0, 0.7, 1.2)[
            both
        ]  # what takes the data is the same one; what is as large by chance may not be
    first, second = _value(old), _value(new)
    return _as_large(first, second) if type(first) is int and type(second) is int else 0.0


def _as_large(old: int, new: int) -> float:
    return 0.5 * min(old, new) / max(old, new) if old > 0 and new > 0 else 0.0
