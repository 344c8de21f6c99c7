"""Commit messages as a pair: facts to a message, and a message back to its facts.

Git drops every trailer of a commit when one value has a line break or one key an underscore, and a value
shaped like a trailer could forge one. So a value that is not one plain line is written as a JSON string.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

Trailer = tuple[str, str]

_KEY = r"[A-Z][A-Za-z0-9]*(-[A-Z][A-Za-z0-9]*)*"
_LINE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9-]*):[ \t]*(.*)$")
_LINES = re.compile(_LINE.pattern, re.MULTILINE)
_MOST_SUBJECT_LETTERS = 200
_CHERRY_PICKED = (
    "(cherry picked from commit "  # git writes it into the block, and reads the block all the same
)


def to_message(subject: str, trailers: Iterable[Trailer]) -> str:
    """Return a commit message: one line that a person reads, then the block that a program reads.

    Raises:
        ValueError: a key is not made of capitalised words joined by hyphens.
    """
    lines = []
    for key, value in trailers:
        if not re.fullmatch(_KEY, key):
            raise ValueError(f"{key!r} is not a trailer key")
        lines.append(f"{key}: {_escape(value)}")
    block = "\n".join(lines)
    return f"{one_line(subject)}\n\n{block}\n"


def from_message(message: str) -> list[Trailer]:
    """Return the trailers of a commit message, in order; empty where its last paragraph is not a block of them."""
    above, _, block = message.strip("\n").rpartition("\n\n")
    found = _LINES.findall(block) if above and not above.endswith("\n") else []
    if found and len(found) == block.count("\n") + 1:  # nearly always, and a history has many
        return [(key, _unescape(value)) for key, value in found] if '"' in block else found
    return _from_odd_message(message)


def _from_odd_message(message: str) -> list[Trailer]:
    paragraphs = re.split(r"\n[ \t]*\n", message.strip("\n"))
    if len(paragraphs) < 2:
        return []
    trailers: list[Trailer] = []
    for line in paragraphs[-1].split("\n"):
        if line.startswith(_CHERRY_PICKED):
            continue
        match = _LINE.match(line)
        if match is None:
            return []
        trailers.append((match[1], _unescape(match[2])))
    return trailers


def one_line(text: str) -> str:
    """Return the text as one printable line, cut to the length of a commit subject."""
    line = text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)
    line = re.sub(r" +", " ", line).strip()
    return line if len(line) <= _MOST_SUBJECT_LETTERS else line[: _MOST_SUBJECT_LETTERS - 1] + "…"


def join_names(names: Sequence[str]) -> str:
    """Return names as one value: joined by commas, or as JSON where a name would be mistaken for two."""
    if any("," in name or name != name.strip() or not name or name.startswith("[") for name in names):
        return _to_json(list(names))
    return ", ".join(names)


def split_names(value: str) -> list[str]:
    """Return the names that `join_names` joined."""
    if value.startswith("["):
        try:
            decoded = _from_json(value)
        except (ValueError, RecursionError):
            return [value]
        return [str(name) for name in decoded]
    return value.split(", ") if value else []


def _escape(value: str) -> str:
    plain = value.isprintable() and value == value.strip() and value != "" and not value.startswith('"')
    return value if plain else _to_json(value)


def _unescape(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        decoded = _from_json(value)
    except ValueError:
        return value
    return decoded if isinstance(decoded, str) else value


def _to_json(value: Any) -> str:
    import json  # only an odd value needs it, and every reading command would wait for it

    return json.dumps(value)


def _from_json(text: str) -> Any:
    import json

    return json.loads(text)
