"""What clones of a store leave for one another on its git remote: what they need of the DVC remote, and what goes from it."""

import re
from typing import TypeVar

import msgspec

from trainstore.disk_format.dvc_files import is_file_id, is_folder_id
from trainstore.errors import InvalidRecord

NOTES = "refs/trainstore/"
COPIES = f"{NOTES}copy/"  # here, of all references of a git remote, while it is looked at
NEEDS = f"{NOTES}needs/"  # and the id of a clone
STORES = f"{NOTES}stores/"  # and an id of the git remote
RECLAIM = f"{NOTES}reclaim"

_Note = TypeVar("_Note", "Needs", "Going")
_CLONE = re.compile(r"[0-9a-f]{16}")


class Needs(msgspec.Struct, frozen=True):
    """What a clone needs and has not published.

    Attributes:
        by: whose clone it is, as git knows them.
        ids: of objects of DVC's.
    """

    by: str
    ids: list[str]


class Going(msgspec.Struct, frozen=True):
    """What a reclaim is about to free.

    Attributes:
        clone: the id of the one that does it.
        by: whose it is.
        at: when it began, in Unix seconds.
        checkpoints: ids of lists of files -> the objects that go with each, the list itself too if it does.
    """

    clone: str
    by: str
    at: int
    checkpoints: dict[str, list[str]]

    @property
    def ids(self) -> frozenset[str]:
        """All objects that may go."""
        return frozenset(one for some in self.checkpoints.values() for one in some)


def is_clone_id(text: str) -> bool:
    """Tell whether a text is the id of a clone, or one that a git remote got."""
    return _CLONE.fullmatch(text) is not None


def encode_note(note: Needs | Going) -> bytes:
    """Return a note as it is kept; equal notes are equal bytes."""
    return msgspec.json.encode(note)


def decode_needs(content: bytes) -> Needs:
    """Read what a clone needs. Raises InvalidRecord."""
    needs = _decode(content, Needs)
    _check(needs.ids)
    return needs


def decode_going(content: bytes) -> Going:
    """Read what a reclaim is about to free. Raises InvalidRecord."""
    going = _decode(content, Going)
    _check([*going.checkpoints, *going.ids])
    return going


def _decode(content: bytes, kind: type[_Note]) -> _Note:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidRecord(f"It is no note of trainstore's: {error}") from error


def _check(ids: list[str]) -> None:
    for one in ids:
        if not (is_file_id(one) or is_folder_id(one)):
            raise InvalidRecord(f"It names {one!r}, which is no object.")
