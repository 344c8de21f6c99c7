"""What the types of documents tell of their JSON: one reading for the page and for the schema.

`TypedDict` and msgspec's structs are objects. Where an annotation has a type beside it, as in
``Annotated[dict[str, Any], RunJson]``, that type tells it.
"""

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from annotations import fields_of, lineage
from docstrings import attributes_of

SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True)
class Scalar:
    """Text, a number or a boolean, by JSON Schema's name; empty for any value."""

    name: str


@dataclass(frozen=True)
class Choice:
    """One of some texts."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Many:
    """A list; with names, an object whose keys depend on the data."""

    of: "Shape"
    named: bool = False


@dataclass(frozen=True)
class Object:
    """An object of a declared type; ``filled`` has the arguments of a generic one."""

    kind: Any
    filled: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Either:
    """One of several."""

    shapes: "tuple[Shape, ...]"


Shape = Scalar | Choice | Many | Object | Either
ANY, NULL = Scalar(""), Scalar("null")


@dataclass(frozen=True)
class Key:
    """A key of an object; an optional one may be missing."""

    name: str
    shape: Shape
    meaning: str
    optional: bool = False


def read(hint: Any) -> Shape:
    """Return the shape of a type's JSON."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        told = [each for each in inner[1:] if typing.get_origin(each) is Literal or isinstance(each, type)]
        return read(told[0] if told else inner[0])
    if origin in (typing.Union, types.UnionType):
        return Either(tuple(read(each) for each in inner))
    if origin is Literal:
        return Choice(inner)
    if origin in (list, tuple, Sequence):
        return Many(read(inner[0]))
    if origin in (dict, Mapping):
        return Many(read(inner[1]), named=True)
    return Object(origin, inner) if typing.is_typeddict(origin) else _plain(hint)


def _plain(hint: Any) -> Shape:
    if hint is Any or isinstance(hint, typing.TypeVar):
        return ANY
    if hint is types.NoneType:
        return NULL
    if hint in SCALARS:
        return Scalar(SCALARS[hint])
    assert typing.is_typeddict(hint) or issubclass(hint, msgspec.Struct), hint
    return Object(hint)


def keys_of(found: Object) -> list[Key]:
    """Return an object's keys; every one has a meaning."""
    meanings: dict[str, str] = {}
    for base in lineage(found.kind):
        meanings |= attributes_of(base)
    filled = dict(zip(getattr(found.kind, "__parameters__", ()), found.filled, strict=False))
    keys = []
    if is_tagged(found.kind):
        tag = found.kind.__struct_config__
        keys.append(Key(tag.tag_field, Choice((tag.tag,)), "tells this object from others in its place."))
    missing = getattr(found.kind, "__optional_keys__", frozenset())
    for name, hint in fields_of(found.kind, annotated=True).items():
        assert name in meanings, f"{found.kind.__name__} does not say what {name} means"
        keys.append(Key(name, read(filled.get(hint, hint)), meanings[name], name in missing))
    return keys


def is_tagged(kind: Any) -> bool:
    """Tell whether a key says of which kind an object is, among several that can stand in a place."""
    return not typing.is_typeddict(kind) and kind.__struct_config__.tag is not None


def objects_in(shape: Shape) -> list[Object]:
    """Return the objects that a shape names, without those in them."""
    if isinstance(shape, Object):
        return [shape]
    if isinstance(shape, Many):
        return objects_in(shape.of)
    return [found for each in shape.shapes for found in objects_in(each)] if isinstance(shape, Either) else []


def name_of(kind: type) -> str:
    """Return what a type is called in the reference."""
    return kind.__name__.removesuffix("Json")
