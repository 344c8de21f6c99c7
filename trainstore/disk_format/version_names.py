"""The grammar of version names: one text gives the readings that it may have, in order."""

import re
from typing import TypeAlias

import msgspec

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_NUMBER = re.compile(r"[0-9]{1,12}")


class Current(msgspec.Struct, frozen=True):
    """``NAME``: the current version of a function."""

    name: str


class Numbered(msgspec.Struct, frozen=True):
    """``NAME@N``: an ordinal or a timestamp."""

    name: str
    number: int


class Before(msgspec.Struct, frozen=True):
    """``NAME~N``: the N-th version before the current one."""

    name: str
    steps: int


class CommitPrefix(msgspec.Struct, frozen=True):
    """The version that a commit saved, by 7 hex digits of its id or more."""

    prefix: str


class FilePath(msgspec.Struct, frozen=True):
    """The version whose record is this file."""

    path: str


Reading: TypeAlias = Current | Numbered | Before | CommitPrefix | FilePath


def parse_version_name(text: str) -> list[Reading]:
    """Return every reading of a text, first the one that wins where several exist; none of what is no text.

    An exact function name wins, then the last ``@`` or ``~``, then a commit, then a path.
    """
    readings: list[Reading] = []
    if not text or "\0" in text or _is_torn(text):
        return readings
    readings.append(Current(text))
    place = max(text.rfind("@"), text.rfind("~"))
    name, number = text[:place], text[place + 1 :]
    if place > 0 and _NUMBER.fullmatch(number):
        readings.append(Numbered(name, int(number)) if text[place] == "@" else Before(name, int(number)))
    if place > 0 and text[place] == "~" and not number:
        readings.append(Before(name, 1))
    if _COMMIT.fullmatch(text):
        readings.append(CommitPrefix(text))
    if text.endswith(".json"):
        readings.append(FilePath(text))
    return readings


def _is_torn(text: str) -> bool:
    """Tell whether a text holds half of a surrogate pair, as a command line with bytes that are not UTF-8 does."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)
