"""Objects on their way into DVC's cache: written beside it, flushed, then renamed to their places."""

import os
import re
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

from trainstore.store.checkpoints.intact import file_md5
from trainstore.store.checkpoints.one_pass import StoredFile, copy_hashed
from trainstore.store.writing.work_tree import sync_folder

_PASSING = re.compile(r"\.trainstore-[0-9a-f]{16}\.tmp")
_MODE = 0o444  # DVC's own, by which it knows an object that it need not hash


def passing_name() -> str:
    """Return a name for an object on its way; DVC passes over what is not inside a two-letter folder."""
    return f".trainstore-{secrets.token_hex(8)}.tmp"


def is_passing(name: str) -> bool:
    """Tell whether a file has such a name."""
    return _PASSING.fullmatch(name) is not None


@dataclass(frozen=True)
class Places:
    """Where objects stand in a cache.

    Attributes:
        root: the folder of the cache's objects.
        of_object: id -> where its object stands, or would stand.
        make_folder: makes one folder with the mode that the cache's configuration asks for; one that is there is fine.
    """

    root: Path
    of_object: Callable[[str], Path]
    make_folder: Callable[[Path], None]


@dataclass
class ObjectWriter:
    """Takes objects that appear in the cache together, when `writing_objects` ends.

    Attributes:
        announce: is given the ids of those that the cache does not have yet, before any of them has its name.
    """

    _places: Places
    _passing: ExitStack
    _begun: dict[str, IO[bytes]] = field(default_factory=dict)
    _fetched: set[str] = field(default_factory=set)
    announce: Callable[[Collection[str]], None] | None = None

    def copy(self, source: BinaryIO) -> StoredFile:
        """Take what an open file yields from where it stands; reads it once."""
        file = self._passing_file()
        stored = copy_hashed(source, file)
        self._begun[stored.md5] = file
        return stored

    def write(self, md5: str, content: bytes) -> None:
        """Take some bytes under an id."""
        self._begun[md5] = self._passing_file()
        self._begun[md5].write(content)

    def fetch(self, md5: str, fill: Callable[[Path], object]) -> bool:
        """Take an object that somebody else gives; one that is in the cache, and damaged, gives way to it.

        Args:
            md5: of the file that it must be.
            fill: writes its bytes to a file.

        Returns:
            Whether they are that file's; others are not taken.
        """
        path = self._passing_path()
        fill(path)
        if file_md5(path) != md5:
            return False
        self._begun[md5] = self._passing.enter_context(path.open("ab"))
        self._fetched.add(md5)
        return True

    def publish(self) -> None:
        """Give each object its name: first all bytes are durable, then all names."""
        places = {md5: self._places.of_object(md5) for md5 in self._begun}
        new = {
            md5: file
            for md5, file in self._begun.items()
            if md5 in self._fetched or not _holds(places[md5], file.tell())
        }
        for file in new.values():
            file.flush()
            os.fchmod(file.fileno(), _MODE)
            os.fsync(file.fileno())
        if self.announce is not None:
            self.announce(new)
        named = {place.parent for place in places.values()}
        for md5, file in new.items():
            named |= _make_folders(places[md5].parent, self._places.make_folder)
            os.replace(file.name, places[md5])
        for folder in named:
            sync_folder(folder)

    def _passing_file(self) -> IO[bytes]:
        return self._passing.enter_context(self._passing_path().open("xb"))

    def _passing_path(self) -> Path:
        path = self._places.root / passing_name()
        self._passing.callback(path.unlink, missing_ok=True)
        return path


@contextmanager
def writing_objects(places: Places) -> Iterator[ObjectWriter]:
    """Give a writer whose objects are in the cache and durable when the block ends, and not there where it fails.

    Raises:
        OSError: the disk is full, or the cache cannot be written.
    """
    above = _make_folders(places.root, places.make_folder)
    with ExitStack() as passing:
        writer = ObjectWriter(places, passing)
        yield writer
        writer.publish()
        for folder in above:
            sync_folder(folder)


def _holds(place: Path, size: int) -> bool:
    try:
        return place.stat().st_size == size
    except FileNotFoundError:
        return False


def _make_folders(folder: Path, make_folder: Callable[[Path], None]) -> set[Path]:
    """Make a folder and those above it, and return the folders that have new names in them."""
    if folder.is_dir():
        return set()
    above = _make_folders(folder.parent, make_folder)
    make_folder(folder)
    return {*above, folder.parent}
