"""Where a version comes from, as far as its record says: the request, the kind of data, the version it improves on."""

from collections.abc import Mapping
from typing import Any, NamedTuple

GENERATION_KEY = "generation"  # of a record; beside `metadata`, which stays as others know it

_LONGEST = 400


class Origin(NamedTuple):
    """What links a version to requests, data and other versions; None for what its record does not say.

    Attributes:
        request_digest: of what a language model was asked for.
        data_kind: data that a function for one fits for the other, such as ``numpy_array (64) 10 classes``.
        parent: path of the version that it was made from.
    """

    request_digest: str | None
    data_kind: str | None
    parent: str | None


def origin_of(content: Mapping[str, Any]) -> Origin:
    """Return the origin that a record's content tells of."""
    generation = content.get(GENERATION_KEY)
    told = generation if isinstance(generation, dict) else {}
    parent = told.get("parent")
    profile = content.get("data_profile")
    return Origin(
        _line(told.get("request_digest")),
        data_kind(profile) if isinstance(profile, dict) else None,
        _line(parent.get("path")) if isinstance(parent, dict) else None,
    )


def data_kind(profile: Mapping[str, Any]) -> str | None:
    """Return what data of any number of samples have in common; None where the profile does not say enough."""
    data_type, shape, classes = profile.get("data_type"), profile.get("shape"), profile.get("label_count")
    if not isinstance(data_type, str) or not isinstance(shape, list) or not 1 < len(shape) <= 8:
        return None
    if not all(size is None or type(size) is int for size in shape):
        return None
    if classes is not None and type(classes) is not int:
        return None
    sizes = " x ".join("*" if size is None else str(size) for size in shape[1:])
    return _line(f"{data_type} ({sizes}) {f'{classes} classes' if classes else 'values'}")


def _line(value: Any) -> str | None:
    plain = isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST
    return value if plain else None
