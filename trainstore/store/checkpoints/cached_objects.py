"""The objects of a cache as they stand on disk: how large, how often linked, which a folder's object lists; and freeing them.

To free a checkpoint, its list of files is set aside in the cache first, where DVC does not look. So DVC never sees a
checkpoint of which a part is missing, and what a kill left undone can be found and finished.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from trainstore.disk_format.dvc_files import is_folder_id, named_ids
from trainstore.errors import CheckpointMissing
from trainstore.store.checkpoints.intact import file_md5, require_intact
from trainstore.store.writing.work_tree import sync_folders

_SET_ASIDE = ".trainstore-reclaiming"
_NAME = re.compile(r"[0-9a-f]{30}(?:\.dir)?")
_FOLDER = re.compile(r"[0-9a-f]{2}")


class CachedObject(NamedTuple):
    """An object of the cache.

    Attributes:
        size: bytes.
        links: how many names its file has; one that is linked into a work tree has more than its own.
        inode: names the file on its disk.
    """

    size: int
    links: int
    inode: int


class CachedObjects:
    """A cache's objects, looked at once.

    Args:
        root: the folder ``files/md5`` of the cache.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._aside = root / _SET_ASIDE

    @cached_property
    def found(self) -> Mapping[str, CachedObject]:
        """Every object by its id; links and what is none of DVC's objects are left out."""
        return dict(self._scan())

    @cached_property
    def set_aside(self) -> Mapping[str, int]:
        """Ids of the lists of files that a reclaim, which did not end, had set aside, with their bytes."""
        if self._aside.is_symlink():
            return {}
        files = [file for file in _entries(self._aside) if is_folder_id(file.name)]
        return {file.name: file.stat(follow_symlinks=False).st_size for file in files}

    def place(self, identity: str) -> Path:
        """Return where an object stands, or would stand."""
        return self.root / identity[:2] / identity[2:]

    def listed(self, folder_id: str) -> frozenset[str] | None:
        """Return the ids that a folder's object lists; None where it is not there.

        Raises:
            CheckpointMissing: it is damaged.
        """
        place = self.place(folder_id)
        if folder_id not in self.found:
            if folder_id not in self.set_aside:
                return None
            place = self._aside / folder_id
            if f"{file_md5(place)}.dir" != folder_id:
                raise CheckpointMissing(f"The list of files {str(place)!r} is damaged.", "Remove it.")
        else:
            require_intact(place, f"The list of files {folder_id}")
        return named_ids(place.read_bytes())

    def put_back(self, folder_ids: Iterable[str]) -> None:
        """Put lists of files back that were set aside. Writes: their names."""
        for identity in folder_ids:
            self.place(identity).parent.mkdir(exist_ok=True)
            (self._aside / identity).rename(self.place(identity))

    def free(self, folder_ids: Iterable[str], file_ids: Iterable[str]) -> int:
        """Remove checkpoints and return the bytes that the disk has back; what is gone already is no error.

        Args:
            folder_ids: lists of files, which go first.
            file_ids: files that go with them.
        """
        folders = list(folder_ids)
        self._set_aside(folders)
        freed = sum(_remove(self.place(identity)) for identity in file_ids)
        freed += sum(_remove(self._aside / identity) for identity in folders)
        with suppress(OSError):
            self._aside.rmdir()
        return freed

    def _set_aside(self, folder_ids: Iterable[str]) -> None:
        present = [identity for identity in folder_ids if identity in self.found]
        if present:
            self._aside.mkdir(exist_ok=True)
        for identity in present:
            with suppress(FileNotFoundError):
                self.place(identity).rename(self._aside / identity)
        sync_folders({self._aside, *(self.place(identity).parent for identity in present)})

    def _scan(self) -> Iterator[tuple[str, CachedObject]]:
        for folder in _entries(self.root):
            if not (_FOLDER.fullmatch(folder.name) and folder.is_dir(follow_symlinks=False)):
                continue
            for file in _entries(Path(folder)):
                if _NAME.fullmatch(file.name) and file.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):
                        stat = file.stat(follow_symlinks=False)
                        yield folder.name + file.name, CachedObject(stat.st_size, stat.st_nlink, stat.st_ino)


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _remove(file: Path) -> int:
    """Remove a file and return what its disk has back: nothing while it has another name."""
    try:
        stat = file.lstat()
        file.unlink()
    except FileNotFoundError:
        return 0
    return stat.st_size if stat.st_nlink == 1 else 0
