"""The store's DVC cache: where it is, how objects get in and are linked out. Only this file and `store.remotes.dvc_remote` import DVC."""

import hashlib
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, BinaryIO

from dvc_data.hashfile.db import get_odb
from dvc_data.hashfile.tree import Tree
from dvc_objects.fs.generic import transfer
from dvc_objects.fs.local import localfs

from trainstore.errors import StoreNotFound, UsageError
from trainstore.store.checkpoints.begun import Announce
from trainstore.store.checkpoints.object_writer import Places, is_passing, writing_objects
from trainstore.store.checkpoints.one_pass import StoredFile
from trainstore.store.writing.work_tree import read_or_none

_streams = sys.stdout, sys.stderr
from dvc.config import Config, ConfigError  # noqa: E402

sys.stdout, sys.stderr = _streams  # importing dvc wraps both for the rest of the process

_PASSING_FOLDER = re.compile(r"trainstore-[0-9a-f]{16}")
_STALE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class StoredFolder:
    """A folder in the cache: the id of its object, which ends in ``.dir``, and its files by name."""

    md5: str
    files: Mapping[str, StoredFile]


class DvcCache:
    """The cache that DVC itself would use for a store, by every level of DVC's configuration.

    Raises:
        StoreNotFound: there is no ``.dvc`` folder.
        UsageError: the configuration is broken, or the cache is not a local folder.
    """

    def __init__(self, store_root: Path) -> None:
        dvc_folder = store_root / ".dvc"
        config = dict(dvc_settings(store_root)["cache"])
        directory = config.pop("dir", str(dvc_folder / "cache"))
        if "://" in directory:
            raise UsageError(
                f"The DVC cache {directory!r} is not a local folder.", "Set cache.dir to a folder."
            )
        self._passing = dvc_folder / "tmp"
        self.root = Path(directory, "files", "md5")
        self._objects: Any = get_odb(localfs, str(self.root), **config)  # type: ignore[no-untyped-call]
        # DVC's ``makedirs`` heeds ``cache.shared``.
        self._places = Places(self.root, self.path, lambda folder: self._objects.makedirs(str(folder)))

    def path(self, md5: str) -> Path:
        """Return where an object stands, or would stand."""
        return Path(self._objects.oid_to_path(md5))

    def add(self, source: BinaryIO) -> StoredFile:
        """Store what an open file yields from where it stands; reads it once, durable on return.

        Writes: one object, with mode 0444 as DVC's own.
        """
        with writing_objects(self._places) as writer:
            return writer.copy(source)

    def add_folder(
        self,
        sources: Mapping[str, BinaryIO],
        announce: Announce = lambda *_: None,
    ) -> StoredFolder:
        """Store what open files yield, by plain names, and the object of the folder that they make up.

        Writes: one object a file and one for the folder, as `add` does; all of them or none.

        Args:
            sources: the files by their names.
            announce: is given the id of the folder's object, and the ids of all that the cache does not have yet, before
                any of them is there.
        """
        with writing_objects(self._places) as writer:
            files = {name: writer.copy(source) for name, source in sources.items()}
            listed = [{"md5": file.md5, "relpath": name} for name, file in files.items()]
            content: bytes = Tree.from_list(listed).as_bytes()
            md5 = hashlib.md5(content, usedforsecurity=False).hexdigest() + ".dir"
            writer.write(md5, content)
            writer.announce = partial(announce, md5)
        return StoredFolder(md5, files)

    def fetch(self, md5: str, fill: Callable[[Path], object]) -> bool:
        """Store a file that somebody else gives, if it is the one with that MD5; durable on return.

        Arguments and result are those of `ObjectWriter.fetch`.
        """
        with writing_objects(self._places) as writer:
            return writer.fetch(md5, fill)

    def add_list(self, identity: str, content: bytes) -> None:
        """Store the object of a folder, whose id was compared with its content; durable on return."""
        with writing_objects(self._places) as writer:
            writer.write(identity, content)

    def link(self, stored: Path, target: Path) -> None:
        """Make a file out of an object by the first of DVC's ``cache.type`` that works here."""
        links = list(self._objects.cache_types)  # transfer drops those that fail
        transfer(localfs, str(stored), localfs, str(target), links=links)

    @contextmanager
    def passing_folder(self) -> Iterator[Path]:
        """Give a folder for half-made things, beside the work tree and ignored by git and DVC; it may be moved away."""
        folder = self._passing / f"trainstore-{secrets.token_hex(8)}"
        self._passing.mkdir(exist_ok=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            if folder.is_dir():
                shutil.rmtree(folder)

    def clear_stale(self) -> None:
        """Remove what a killed process left half written a day ago or longer."""
        oldest = time.time() - _STALE_SECONDS
        half_made = (*_named(self.root, is_passing), *_named(self._passing, _PASSING_FOLDER.fullmatch))
        for leftover in half_made:
            with suppress(OSError):  # its own process has just finished with it, or it is someone else's
                if leftover.stat().st_mtime < oldest:
                    _remove(leftover)


def _named(folder: Path, is_ours: Callable[[str], object]) -> list[Path]:
    names = os.listdir(folder) if folder.is_dir() else ()
    return [folder / name for name in names if is_ours(name)]


def dvc_settings(store_root: Path) -> Mapping[str, Any]:
    """Return DVC's configuration by its sections: of the system, the user, the store and this clone.

    Raises:
        StoreNotFound: there is no ``.dvc`` folder.
        UsageError: the configuration is broken.
    """
    dvc_folder = store_root / ".dvc"
    if not dvc_folder.is_dir():
        raise StoreNotFound(f"There is no .dvc folder in {str(store_root)!r}.", "Make one: trainstore init")
    folders = [*map(Config.get_dir, ("system", "global")), dvc_folder]
    names = [*(Path(folder, Config.CONFIG) for folder in folders), dvc_folder / Config.CONFIG_LOCAL]
    return _parse_settings(str(dvc_folder), tuple((name, read_or_none(name)) for name in names))


@lru_cache(maxsize=8)  # parsing takes several times as long as storing a small file
def _parse_settings(dvc_folder: str, _: tuple[tuple[Path, bytes | None], ...]) -> Mapping[str, Any]:
    try:
        return dict(Config(dvc_folder))
    except ConfigError as error:
        raise UsageError(
            f"DVC's configuration cannot be used: {error}.", f"Correct {dvc_folder}/config."
        ) from error


def _remove(leftover: Path) -> None:
    if leftover.is_dir():
        shutil.rmtree(leftover)
    else:
        leftover.unlink()
