"""What a writing command wants: commits, each a message and changes of files. Plain data."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Write:
    """A file's new content; the path is relative to the store, with forward slashes."""

    path: str
    content: bytes


@dataclass(frozen=True)
class Remove:
    """A file that goes; history keeps it."""

    path: str


Change: TypeAlias = Write | Remove


@dataclass(frozen=True)
class Commit:
    """One action.

    Attributes:
        message: subject and trailers.
        changes: its files, each path once.
        author_time: Unix seconds, where the action happened at another time than it is committed.
    """

    message: str
    changes: tuple[Change, ...]
    author_time: int | None = None
