"""What differs between two models, in a few words each, the heaviest first."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from trainstore.diff.architecture.compare import ArchitectureDiff, LayerChange
from trainstore.diff.architecture.layer import Layer, Settings, Text, value_told
from trainstore.diff.architecture.similarity import compare_settings, differs_in_kind
from trainstore.diff.architecture.torch_layers import CONTAINERS

_SIZES = (
    "d_model", "hidden_size", "embed_dim", "embedding_dim", "num_embeddings", "out_channels", "out_features",
    "dim_feedforward", "num_heads", "nhead", "num_layers", "kernel_size", "shape",
)  # fmt: skip
# Sizes that follow from those of the layer before.
_FOLLOWING = ("in_channels", "in_features", "input_size", "num_features", "num_channels", "normalized_shape")
_ORDER = ("loss", "optimiser", "quantisation", "schedule", "augmentation")


def summarise(diff: ArchitectureDiff) -> list[str]:
    """Return what differs, such as ``+1 Conv2d``, ``d_model 32→64``, ``Adam→AdamW``; nothing where nothing does."""
    if diff.nothing_in_common:
        return [f"nothing in common: {told_model(diff.removed[0])}→{told_model(diff.added[0])}"]
    counted = [*_counted("+", diff.added), *_counted("−", diff.removed)]
    told = [text for text, learns in counted if learns]
    told += [*_replaced(diff.changed), *_settings(diff.changed)]
    if moved := sum(change.moved for change in diff.changed):
        told.append(f"{moved} moved" if moved > 1 else _one_moved(diff.changed))
    told += _surroundings(diff.surroundings)
    told += [text for text, learns in counted if not learns]
    return list(dict.fromkeys(told))


def told_model(model: Layer) -> str:
    """Return what a model is made of, in a few words: ``LSTM + Linear``."""
    kinds = Counter(layer.kind for layer in model.walk() if not layer.children and layer.parameters != 0)
    if not kinds:
        kinds = Counter(layer.kind for layer in model.walk() if not layer.children)
    named = [kind if count == 1 else f"{count} {kind}" for kind, count in kinds.most_common(4)]
    return " + ".join(named) + (" …" if len(kinds) > 4 else "")


def _counted(sign: str, layers: tuple[Layer, ...]) -> Iterator[tuple[str, bool]]:
    """Added or removed layers by their kinds, and whether such layers learn."""
    counts: Counter[str] = Counter()
    learning: set[str] = set()
    for layer in _told_apart(layers):
        counts[layer.kind] += 1
        if layer.parameters != 0:
            learning.add(layer.kind)
    for kind, count in counts.items():
        yield f"{sign}{count} {kind}", kind in learning


def _told_apart(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    """Layers, and of plain containers those in them."""
    for layer in layers:
        if layer.children and layer.kind in CONTAINERS:
            yield from _told_apart(layer.children)
        else:
            yield layer


def _replaced(changes: tuple[LayerChange, ...]) -> Iterator[str]:
    pairs = Counter(
        (change.old.kind, change.new.kind) for change in changes if differs_in_kind(change.old, change.new)
    )
    for (old, new), count in pairs.items():
        yield f"{old}→{new}" + (f" ×{count}" if count > 1 else "")


def _settings(changes: tuple[LayerChange, ...]) -> Iterator[str]:
    """Changed settings; one change of a size that many layers take up is told once."""
    pairs: dict[tuple[str, str], Counter[str]] = {}
    for change in changes:
        if not differs_in_kind(change.old, change.new):
            for name, (old, new) in change.settings.items():
                shown = _short(_name(change.new, name))
                pairs.setdefault((_told(old), _told(new)), Counter())[shown] += 1
    sizes: list[tuple[int, str]] = []
    following: list[tuple[int, str]] = []
    for (old, new), names in pairs.items():
        for name, count in names.items():
            place = _SIZES.index(name) if name in _SIZES else len(_SIZES)
            line = f"{name} {old}→{new}" + (f" ×{count}" if count > 1 else "")
            (following if name in _FOLLOWING else sizes).append((place, line))
    yield from (line for _, line in sorted(sizes or following, key=lambda entry: entry[0]))


def _name(layer: Layer, name: str) -> str:
    return "dropout" if name == "p" and "Dropout" in layer.kind else name


def _short(name: str) -> str:
    return name[:40]


def _one_moved(changes: tuple[LayerChange, ...]) -> str:
    return next(f"{change.new.kind} moved" for change in changes if change.moved)


def _surroundings(changed: Mapping[str, tuple[Settings | None, Settings | None]]) -> Iterator[str]:
    def weight(name: str) -> int:
        return next((place for place, first in enumerate(_ORDER) if name.startswith(first)), len(_ORDER))

    for name in sorted(changed, key=weight):
        old, new = changed[name]
        if old is None or new is None:
            part = old or new or {}
            done = "offered" if "by default" in part else "added"  # in a branch that is not taken
            yield f"{_told_part(name, part)} {done if old is None else 'removed'}"
            continue
        kinds = old.get("kind"), new.get("kind")
        if kinds[0] != kinds[1]:
            yield f"{_told(kinds[0])}→{_told(kinds[1])}"
        for setting, (before, after) in compare_settings(old, new, str(kinds[1] or "")).items():
            if setting != "kind" and (kinds[0] == kinds[1] or (setting in old and setting in new)):
                yield f"{_short(setting)} {_told(before)}→{_told(after)}"


def _told_part(name: str, settings: Settings) -> str:
    plain = name.rstrip("0123456789 ")
    if plain == "quantisation":
        return f"{_told(settings.get('type', settings.get('kind'))).removeprefix('q')} {plain}"
    return _told(settings["kind"]) if plain in _ORDER and "kind" in settings else plain


def _told(value: Any) -> str:
    if isinstance(value, Text) and value.value is not None:
        value = value.value
    text = "none" if value is None else value_told(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
