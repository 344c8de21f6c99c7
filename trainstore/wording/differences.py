"""What differs between two versions or two runs, in words."""

import json
from collections.abc import Mapping
from typing import Any

from trainstore.diff.metrics import MetricDiff
from trainstore.diff.search_space import DimensionChange
from trainstore.diff.seeds import Sample
from trainstore.wording.values import number

_DIGEST = "sha256:"
_MOST_WRITTEN_OUT = 1e9
_ARROWS = {"higher": " ↑", "lower": " ↓", None: ""}


def value_told(value: Any) -> str:
    """Return a value of a record on one line."""
    if isinstance(value, float):
        return number(value, 6)
    if isinstance(value, str) and value.startswith(_DIGEST):
        return f"{value[: len(_DIGEST) + 12]}…"
    return json.dumps(value, ensure_ascii=False)


def dimension_told(entry: Any) -> str:
    """Return an entry of a search space on one line, such as ``Real 0.0001 to 0.1, log-uniform, default 0.001``."""
    if not isinstance(entry, Mapping):
        return value_told(entry)
    return ", ".join(
        filter(
            None, (f"{entry.get('type')} {_range(entry)}", _prior(entry), f"default {_of(entry, 'default')}")
        )
    )


def change_told(change: DimensionChange) -> str:
    """Return what became of a dimension, with its old values: ``widened 0 to 1 → 0 to 2, default moved 0.1 → 0.2``."""
    if "changed" in change.how:
        return f"{value_told(change.old)} → {value_told(change.new)}"
    return ", ".join(_how_told(how, change) for how in change.how)


def metric_name(metric: MetricDiff) -> str:
    """Return a metric's name with the way that is better."""
    return f"{metric.name}{_ARROWS[metric.direction]}"


def metric_change(metric: MetricDiff) -> str:
    """Return by how much a metric differs, such as ``+0.012 (+1.3 %)``."""
    if metric.difference == 0:
        return "the same"
    relative = "" if metric.relative is None else f" ({_signed(metric.relative * 100, 2)} %)"
    return f"{_signed(metric.difference, 3)}{relative}"


def sample_told(sample: Sample) -> str:
    """Return a metric over several seeds: ``0.97 ± 0.002 (5 seeds)``."""
    return f"{number(sample.mean)} ± {number(sample.sd, 2)} ({sample.n} seeds)"


def _how_told(how: str, change: DimensionChange) -> str:
    old, new = change.old, change.new
    if how in ("widened", "narrowed", "shifted", "categories reordered"):
        return f"{how} {_range(old)} → {_range(new)}"
    if how == "categories added":
        return f"categories added {_listed(change.added)}"
    if how == "categories removed":
        return f"categories removed {_listed(change.removed)}"
    if how == "retyped":
        return f"{old.get('type')} → {new.get('type')}"
    if how == "prior changed":
        return f"prior {old.get('prior') or 'uniform'} → {new.get('prior') or 'uniform'}"
    return f"default {_of(old, 'default')} → {_of(new, 'default')}"


def _range(entry: Mapping[str, Any]) -> str:
    categories = entry.get("categories")
    if isinstance(categories, list):
        return _listed(categories)
    return f"{_of(entry, 'low')} to {_of(entry, 'high')}"


def _listed(values: Any) -> str:
    return ", ".join(map(value_told, values))


def _prior(entry: Mapping[str, Any]) -> str:
    return str(entry["prior"]) if entry.get("prior") else ""


def _of(entry: Mapping[str, Any], key: str) -> str:
    return value_told(entry.get(key))


def _signed(value: float, digits: int) -> str:
    size = f"{abs(value):.{digits}g}"
    if "e+" in size and abs(value) < _MOST_WRITTEN_OUT:
        size = f"{abs(value):,.0f}"
    return f"{'−' if value < 0 else '+'}{size}"
