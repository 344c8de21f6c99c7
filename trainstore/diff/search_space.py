"""The difference of two search spaces: which dimensions came and went, and what became of each other one."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from trainstore.diff.fields import same_value

How: TypeAlias = Literal[
    "retyped", "widened", "narrowed", "shifted", "categories added", "categories removed",
    "categories reordered", "prior changed", "default moved", "changed",
]  # fmt: skip
_UNIFORM = "uniform"
_TOLD = {"type", "default", "prior", "categories"}


class DimensionChange(msgspec.Struct, frozen=True):
    """What became of one dimension.

    Attributes:
        old: its entry of ``bo_config`` before; ``new`` after.
        how: in the order of `How`; ``shifted`` is a range that lost at one end and won at the other, ``changed`` whatever
            the other words do not say.
        added: categories that only the new one has; ``removed`` those that only the old one had.
    """

    old: Any
    new: Any
    how: tuple[How, ...]
    added: tuple[Any, ...] = ()
    removed: tuple[Any, ...] = ()


class SpaceDiff(msgspec.Struct, frozen=True):
    """Dimensions that only the new space has, only the old one, and those of both that changed, by name."""

    added: Mapping[str, Any]
    removed: Mapping[str, Any]
    changed: Mapping[str, DimensionChange]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compare_spaces(old: Mapping[str, Any], new: Mapping[str, Any]) -> SpaceDiff:
    """Return what differs between two ``bo_config`` objects, which need not be valid."""
    changes = {name: _compare(old[name], new[name]) for name in old if name in new}
    return SpaceDiff(
        {name: new[name] for name in new if name not in old},
        {name: old[name] for name in old if name not in new},
        {name: change for name, change in changes.items() if change is not None},
    )


def _compare(old: Any, new: Any) -> DimensionChange | None:
    """Return the change; None where the entries are written differently and mean the same."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return None if same_value(old, new) else DimensionChange(old, new, ("changed",))
    before, after = (_categories(entry) for entry in (old, new))
    added = tuple(value for value in after if not _among(value, before))
    removed = tuple(value for value in before if not _among(value, after))
    how = (*_hows(old, new), *_category_hows(before, after, added, removed))
    others = [key for key in {*old, *new} - _TOLD if not same_value(old.get(key), new.get(key))]
    if not how and not others:
        return None
    return DimensionChange(old, new, _ordered(how) or ("changed",), added, removed)


def _hows(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[How]:
    if old.get("type") != new.get("type"):
        yield "retyped"
    if not same_value(_prior(old), _prior(new)):
        yield "prior changed"
    if not same_value(old.get("default"), new.get("default")):
        yield "default moved"
    (low, high), (new_low, new_high) = _ends(old), _ends(new)
    if low is None or high is None or new_low is None or new_high is None:
        return
    if new_low < low or new_high > high:
        yield "shifted" if new_low > low or new_high < high else "widened"
    elif new_low > low or new_high < high:
        yield "narrowed"


def _category_hows(
    before: Sequence[Any], after: Sequence[Any], added: Sequence[Any], removed: Sequence[Any]
) -> Iterator[How]:
    if added:
        yield "categories added"
    if removed:
        yield "categories removed"
    if not added and not removed and not same_value(before, after):  # the same ones
        yield "categories reordered"


def _ordered(hows: Sequence[How]) -> tuple[How, ...]:
    return tuple(how for how in get_args(How) if how in hows)


def _prior(entry: Mapping[str, Any]) -> Any:
    return entry.get("prior") or (_UNIFORM if entry.get("type") in ("Real", "Integer") else None)


def _categories(entry: Mapping[str, Any]) -> list[Any]:
    categories = entry.get("categories")
    return categories if isinstance(categories, list) else []


def _among(value: Any, values: Sequence[Any]) -> bool:
    return any(type(value) is type(one) and value == one for one in values)  # 1, 1.0 and True are three


def _ends(entry: Mapping[str, Any]) -> list[float | None]:
    values = (entry.get(key) for key in ("low", "high"))
    return [value if isinstance(value, int | float) and not math.isnan(value) else None for value in values]


def default_of(entry: Any) -> str:
    """Return a dimension's default in a few letters."""
    default = entry.get("default") if isinstance(entry, Mapping) else entry
    text = f"{default:g}" if isinstance(default, float) else str(default)
    return text if len(text) <= 20 else f"{text[:19]}…"
