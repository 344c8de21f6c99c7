"""Docstrings in Google's form, as Markdown."""

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

_SEE = re.compile(r"[;,] see `(trainstore[\w.]+)`")
_SECTIONS = ("Args", "Returns", "Yields", "Raises", "Attributes")


def summary_of(found: Any) -> str:
    """Return what a docstring says before its sections, in one paragraph."""
    return _told(_split(found)[""])


def details_of(found: Any) -> Iterator[str]:
    """Yield a docstring's paragraphs and sections; where it says `see FUNCTION`, those of that function too."""
    own = _split(found)
    sections, further = own, {}
    if (seen := _SEE.search(own[""])) and (other := _named(seen[1])):
        further = _split(other)
        sections = {**further, **own}
    first = _SEE.sub("", own[""]) if further else own[""]
    for paragraph in filter(None, re.split(r"\n\s*\n", first)):
        yield _told(paragraph)
    for paragraph in re.split(r"\n\s*\n", further.get("", ""))[1:]:
        yield _told(paragraph)
    for title in _SECTIONS:
        if title in sections:
            items = _items(sections[title])
            if title == "Args":
                parameters = {*inspect.signature(found).parameters, *getattr(found, "__annotations__", ())}
                items = [item for item in items if item[0].strip("`*") in parameters]
            if items:
                yield "\n".join([f"{title}:\n", *(_item(*item) for item in items)])


def attributes_of(found: type) -> dict[str, str]:
    """Return what a class says of its attributes, in words of JSON."""
    items = _items(_split(found).get("Attributes", ""))
    return {name: as_json_says(_told(text)) for name, text in items}


def as_json_says(text: str) -> str:
    """Return text with null for None and the like."""
    words = {"None": "null", "True": "true", "False": "false"}
    return re.sub(r"\b(None|True|False)\b", lambda word: words[word[0]], text)


def _named(path: str) -> Any:
    """Return the function that a docstring names; of a module, the one that has its name."""
    module, _, name = path.rpartition(".")
    found = getattr(importlib.import_module(module), name, None)
    return getattr(found, name, None) if inspect.ismodule(found) else found


def _split(found: Any) -> dict[str, str]:
    """Return the sections of a docstring by their titles; what stands before them by an empty one."""
    text = inspect.cleandoc(found.__doc__ or "")  # what is inherited says nothing
    if inspect.isclass(found) and text.startswith(f"{found.__name__}("):
        text = ""  # dataclasses make one up
    parts = re.split(rf"^({'|'.join(_SECTIONS)}):\n", text, flags=re.MULTILINE)
    return {"": parts[0].strip(), **dict(zip(parts[1::2], map(inspect.cleandoc, parts[2::2]), strict=True))}


def _items(section: str) -> list[tuple[str, str]]:
    """Return name and text of each entry; a line that no name stands before belongs to the entry above it."""
    found: list[tuple[str, str]] = []
    for entry in re.split(r"\n(?=\S)", section):
        name, colon, text = entry.partition(":")
        if colon and re.fullmatch(r"[\w*, ]+", name):
            found.append((name, text))
        else:
            above, before = found.pop() if found else ("", "")
            found.append((above, f"{before} {entry}"))
    return found


def _item(name: str, text: str) -> str:
    return f"- `{name}`: {_told(text)}" if name else f"- {_told(text)}"


def _told(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("<", "&lt;")
