"""The page of the JSON, from the types of the documents."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from annotations import lineage
from docstrings import as_json_says, summary_of
from json_types import (
    Choice,
    Either,
    Key,
    Many,
    Object,
    Scalar,
    Shape,
    is_tagged,
    keys_of,
    name_of,
    objects_in,
    read,
)
from markdown import anchor, cell, linked, table

from trainstore.documents.catalogue import COMMANDS, ERROR, PAGES

_INTRODUCTION = """\
# JSON

With `--json` a command prints one JSON object on stdout and everything else on stderr, also where a run fails or a check
finds something: the object comes first, the exit code says the rest ([exit codes](exit-codes.md)). Keys are stable: new
ones may come, none goes. What is not known is `null`, never left out; so is a number that is not finite.

Times are Unix seconds where nothing else is said, sizes are bytes, `commit` is a full id, and a `path` is relative to the store. A digest is `sha256:…`.

Below, `events[].when.unix` is a key of an object in an object in a list, and `*` stands for any name. `[string]` is a list, `{name: number}`
an object whose keys depend on the data, and `{old, new: number}` one with these two keys. [json.schema.json](json.schema.json) says the same as JSON Schema (2020-12): what
`trainstore list --json` prints is under `#/properties/list`. `scripts/reference` writes both from the code.
"""
_PAGES = """\
## Pages

Each page of `trainstore ui` ([the page](../ui.md)) is also there as JSON, with `.json` after its path: `/functions.json?q=lstm`. The plan of
`/retention.json` takes times and confidences from the index and does not say what a reclaim could free; `trainstore prune` itself reads every
record first, and keeps one that is damaged. Where nothing can be shown, an [Error](#error) comes with a status of 400 or more.
"""
_ALWAYS_INSIDE = 3  # keys of an object that is told where it stands, in however many places
_MOST_INSIDE = 8  # likewise, where that is one place; a larger one has a chapter
_WRAPPER = 2  # keys of a document that does little more than hold others: theirs are told in it


class _Telling:
    """Tells objects by their keys: one that stands in one place there, others in a chapter of their own."""

    def __init__(self, documents: list[Any]) -> None:
        self.documents = documents
        self.used: Counter[Any] = Counter()
        self.keys: dict[Any, list[Key]] = {}
        for kind in documents:
            self._enter(Object(kind))
        named = {
            found.kind
            for kind, keys in self.keys.items()
            for key in keys
            for found in objects_in(key.shape)
            if not found.filled and not self._inside(found, kind)
        }
        self.apart = sorted(named | (set(documents) - set(COMMANDS.values())), key=name_of)

    def _enter(self, found: Object) -> None:
        if found.kind in self.keys:
            return
        self.keys[found.kind] = keys_of(found)
        for key in self.keys[found.kind]:
            for inner in objects_in(key.shape):
                self.used[inner.kind] += 1
                self._enter(inner)

    def _inside(self, found: Object, where: Any) -> bool:
        """Tell whether an object's keys are told where it stands."""
        if is_tagged(found.kind):
            return False
        size = len(self.keys[found.kind])
        if self.used[found.kind] > 1 or found.kind in self.documents:
            return size <= _ALWAYS_INSIDE and found.kind not in self.documents
        return size <= _MOST_INSIDE or len(self.keys[where]) <= _WRAPPER

    def chapter(self, kind: Any) -> str:
        """Return an object's summary and its keys."""
        rows = [(f"`{path}`", told, cell(linked(meaning))) for path, told, meaning in self._rows(kind)]
        return f"{linked(as_json_says(summary_of(kind)))}\n\n{table('| key | value | |', rows)}"

    def _rows(self, kind: Any, above: str = "") -> Iterator[tuple[str, str, str]]:
        bases = [base for base in lineage(kind)[:-1] if base in self.apart]
        shared = {key.name for base in bases for key in self.keys[base]}
        for base in bases:
            yield f"{above}…", "", f"the keys of {_link(base)}"
        for key in self.keys[kind]:
            if key.name in shared:
                continue
            missing = ", or missing" if key.optional else ""
            yield f"{above}{key.name}", self._told(key.shape, kind) + missing, key.meaning.removesuffix(".")
            for path, found in _places(key.shape):
                if not found.filled and self._inside(found, kind):
                    yield from self._rows(found.kind, f"{above}{key.name}{path}.")

    def _told(self, shape: Shape, where: Any) -> str:
        if isinstance(shape, Scalar):
            return shape.name or "any"
        if isinstance(shape, Choice):
            return _listed(f"`{value}`" for value in shape.values)
        if isinstance(shape, Many):
            inner = self._told(shape.of, where)
            return f"{{name: {inner}}}" if shape.named else f"[{inner}]"
        if isinstance(shape, Either):
            flat = [each.values if isinstance(each, Choice) else (each,) for each in shape.shapes]
            parts = [part for each in flat for part in each]
            return _listed(
                f"`{part}`" if isinstance(part, str) else self._told(part, where) for part in parts
            )
        if shape.filled:
            return f"{{old, new: {self._told(read(shape.filled[0]), where)}}}"
        return "object" if self._inside(shape, where) else _link(shape.kind)


def _places(shape: Shape, above: str = "") -> Iterator[tuple[str, Object]]:
    """Yield the objects that a shape names, each with the path to it."""
    if isinstance(shape, Object):
        yield above, shape
    elif isinstance(shape, Many):
        yield from _places(shape.of, f"{above}.*" if shape.named else f"{above}[]")
    elif isinstance(shape, Either):
        for each in shape.shapes:
            yield from _places(each, above)


def titles() -> dict[str, str]:
    """Return the heading of what each command prints, by the command."""
    return {
        command: ", ".join(f"trainstore {other}" for other in COMMANDS if COMMANDS[other] is kind)
        for command, kind in COMMANDS.items()
    }


def json_page() -> str:
    """Return the page: what each command prints, what pages give, then the objects that several hold."""
    telling, names = _Telling([*COMMANDS.values(), *PAGES.values(), ERROR]), titles()
    rows = [
        (f"[`trainstore {command}`](#{anchor(names[command])})", cell(linked(as_json_says(summary_of(kind)))))
        for command, kind in COMMANDS.items()
    ]
    parts = [_INTRODUCTION.rstrip(), table("| command | prints |", rows)]
    for title in dict.fromkeys(names.values()):
        kind = next(COMMANDS[command] for command, own in names.items() if own == title)
        told = f"A {_link(kind)}." if kind in telling.apart else telling.chapter(kind)
        parts.append(f"## {title}\n\n{told}")
    given = [
        (f"`{page}`", _link(kind) if kind in telling.apart else _same(kind, names))
        for page, kind in PAGES.items()
    ]
    parts += [
        _PAGES.rstrip(),
        table("| page | gives |", given),
        "## Objects\n\nThose that stand in several places, or are large.",
    ]
    parts += [f"### {name_of(kind)}\n\n{telling.chapter(kind)}" for kind in telling.apart]
    return "\n\n".join(parts) + "\n"


def _listed(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} or {last}" if first else last


def _link(kind: Any) -> str:
    return f"[{name_of(kind)}](#{anchor(name_of(kind))})"


def _same(kind: Any, names: dict[str, str]) -> str:
    command = next(command for command, own in COMMANDS.items() if own is kind)
    return f"[what `trainstore {command}` prints](#{anchor(names[command])})"
