"""What differs between two objects, name by name."""

from typing import Any, Generic, TypedDict, TypeVar

from trainstore.diff.fields import FieldsDiff
from trainstore.diff.search_space import How, SpaceDiff

T = TypeVar("T")


class PairJson(TypedDict, Generic[T]):
    """The same of both sides.

    Attributes:
        old: of the old side.
        new: of the new side.
    """

    old: T
    new: T


class FieldsJson(TypedDict):
    """What differs between two objects, by name.

    Attributes:
        added: what only the new one has.
        removed: what only the old one has.
        changed: what both have with another value.
    """

    added: dict[str, Any]
    removed: dict[str, Any]
    changed: dict[str, PairJson[Any]]


class DimensionJson(PairJson[Any]):
    """A dimension of both search spaces.

    Attributes:
        how: what became of it; ``changed`` where nothing else says it.
    """

    how: list[How]


class SpaceJson(TypedDict):
    """What differs between two search spaces, by hyperparameter.

    Attributes:
        added: dimensions that only the new one has.
        removed: dimensions that only the old one has.
        changed: dimensions of both that are not the same.
    """

    added: dict[str, Any]
    removed: dict[str, Any]
    changed: dict[str, DimensionJson]


def of_fields(fields: FieldsDiff) -> FieldsJson:
    """Fields that differ."""
    return {
        "added": dict(fields.added),
        "removed": dict(fields.removed),
        "changed": {name: {"old": old, "new": new} for name, (old, new) in fields.changed.items()},
    }


def of_space(space: SpaceDiff) -> SpaceJson:
    """Dimensions that differ, and how."""
    return {
        "added": dict(space.added),
        "removed": dict(space.removed),
        "changed": {
            name: {"old": one.old, "new": one.new, "how": list(one.how)}
            for name, one in space.changed.items()
        },
    }
