"""The difference of two JSON objects, field by field: data profiles, hyperparameters, the settings of runs."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec


class FieldsDiff(msgspec.Struct, frozen=True):
    """Fields that only the new object has, only the old one, and those of both whose values differ.

    Attributes:
        changed: name -> (old value, new value).
    """

    added: Mapping[str, Any]
    removed: Mapping[str, Any]
    changed: Mapping[str, tuple[Any, Any]]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compare_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> FieldsDiff:
    """Return what differs at the top level of two objects."""
    return FieldsDiff(
        {name: new[name] for name in new if name not in old},
        {name: old[name] for name in old if name not in new},
        {
            name: (old[name], new[name])
            for name in old
            if name in new and not same_value(old[name], new[name])
        },
    )


def same_value(old: Any, new: Any) -> bool:
    """Tell whether two values of JSON are the same; a number and a boolean never are, and NaN is NaN."""
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same_value, old, new))
    if isinstance(old, float) and isinstance(new, float) and math.isnan(old) and math.isnan(new):
        return True
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)
