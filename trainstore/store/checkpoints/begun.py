"""Notes of checkpoints that are being added: what of them no commit came to name can be found, and freed, by its note.

A note is durable before its checkpoint has names in the cache, and goes when the commit is made. It tells which of the
objects were not there before: those alone are this run's.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from trainstore.disk_format.layout import STATE
from trainstore.store.git.repository import Repository
from trainstore.store.writing.lock import is_locked
from trainstore.store.writing.work_tree import make_folders, sync_folder

_FOLDER = "adding"


class Begun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A checkpoint that a run began to add.

    Attributes:
        folder: of the run, relative to the store.
        version: path of the version that was run.
        md5: id of its list of files.
        objects: ids of what the cache did not have before.
        when: Unix seconds.
    """

    folder: str
    version: str
    md5: str
    objects: list[str]
    when: int


class Note(NamedTuple):
    """A note whose writer is gone; ``begun`` is None where a kill cut it off, before anything was added."""

    place: Path
    begun: Begun | None


# Given the id of the list of files, and those of the objects that the cache does not have yet.
Announce = Callable[[str, Collection[str]], None]


@contextmanager
def noted(repository: Repository, folder: str, version: str) -> Iterator[Announce]:
    """Give what writes the note of a checkpoint, once; it goes when the block ends well, and stays otherwise.

    Args:
        repository: the store.
        folder: of the run, relative to the store.
        version: path of the version that was run.
    """
    place = repository.common_dir / STATE / _FOLDER / secrets.token_hex(8)
    descriptors: list[int] = []

    def announce(md5: str, objects: Collection[str]) -> None:
        now = int(time.time())
        begun = Begun(folder=folder, version=version, md5=md5, objects=sorted(objects), when=now)
        make_folders([place.parent])
        descriptors.append(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
        fcntl.flock(descriptors[0], fcntl.LOCK_EX)  # it tells who looks that this process lives
        os.write(descriptors[0], msgspec.json.encode(begun))
        os.fsync(descriptors[0])
        sync_folder(place.parent)

    try:
        yield announce
        place.unlink(missing_ok=True)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def left_notes(repository: Repository) -> list[Note]:
    """Return the notes of processes that did not get to commit what they added; those of living ones are left out."""
    folder = repository.common_dir / STATE / _FOLDER
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    return [_read(folder / name) for name in names if not is_locked(folder / name)]


def drop_notes(places: Collection[Path]) -> None:
    """Remove notes that have nothing to tell any more."""
    for place in places:
        place.unlink(missing_ok=True)


def _read(place: Path) -> Note:
    with suppress(FileNotFoundError, msgspec.DecodeError):
        return Note(place, msgspec.json.decode(place.read_bytes(), type=Begun))
    return Note(place, None)
