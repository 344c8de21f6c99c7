"""The store's DVC cache: where it is, how objects get in and are linked out. Only this file imports DVC."""

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from dvc_data.hashfile.db import get_odb
from dvc_data.hashfile.tree import Tree
from dvc_objects.fs.generic import transfer
from dvc_objects.fs.local import localfs

from trainstore.errors import StoreNotFound, UsageError
from trainstore.store.writing.work_tree import sync_folder

_streams = sys.stdout, sys.stderr
from dvc.config import Config, ConfigError  # noqa: E402

sys.stdout, sys.stderr = _streams  # importing dvc wraps both for the rest of the process

CHUNK = 1 << 20  # bytes read at a time
_STALE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class StoredFile:
    """One file in the cache: its two digests (hex) and its size in bytes."""

    md5: str
    sha256: str
    size: int


class DvcCache:
    """The cache that DVC itself would use for a store, by every level of DVC's configuration.

    Raises:
        StoreNotFound: there is no ``.dvc`` folder.
        UsageError: the configuration is broken, or the cache is not a local folder.
    """

    def __init__(self, store_root: Path) -> None:
        dvc_folder = store_root / ".dvc"
        if not dvc_folder.is_dir():
            raise StoreNotFound(
                f"There is no .dvc folder in {str(store_root)!r}.", "Make one: trainstore init"
            )
        try:
            config = Config(str(dvc_folder))["cache"]
        except ConfigError as error:
            raise UsageError(
                f"DVC's configuration cannot be used: {error}.", f"Correct {dvc_folder}/config."
            ) from error
        directory = config.pop("dir", str(dvc_folder / "cache"))
        if "://" in directory:
            raise UsageError(
                f"The DVC cache {directory!r} is not a local folder.", "Set cache.dir to a folder."
            )
        self._passing = dvc_folder / "tmp"
        self.root = Path(directory, "files", "md5")
        self._objects: Any = get_odb(localfs, str(self.root), **config)  # type: ignore[no-untyped-call]

    def path(self, md5: str) -> Path:
        """Return where an object stands, or would stand."""
        return Path(self._objects.oid_to_path(md5))

    def add(self, source: BinaryIO) -> StoredFile:
        """Store what an open file yields from where it stands; reads it once, durable on return.

        Writes: one object, with mode 0444 as DVC's own.
        """
        with self._passing_file() as file:
            stored = _stream(source, file)
            self._publish(file, stored.md5, stored.size)
        return stored

    def add_folder(self, files: Mapping[str, str]) -> str:
        """Store the object of a folder (name -> md5) and return its id, which ends in ``.dir``."""
        content: bytes = Tree.from_list(
            [{"md5": md5, "relpath": name} for name, md5 in files.items()]
        ).as_bytes()
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest() + ".dir"
        with self._passing_file() as file:
            file.write(content)
            self._publish(file, md5, len(content))
        return md5

    def link(self, stored: Path, target: Path) -> None:
        """Make a file out of an object by the first of DVC's ``cache.type`` that works here."""
        links = list(self._objects.cache_types)  # transfer drops those that fail
        transfer(localfs, str(stored), localfs, str(target), links=links)

    @contextmanager
    def passing_folder(self) -> Iterator[Path]:
        """Give a folder for half-made things, beside the work tree and ignored by git and DVC."""
        self._passing.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="trainstore-", dir=self._passing) as folder:
            yield Path(folder)

    def clear_stale(self) -> None:
        """Remove what a killed process left half written a day ago or longer."""
        oldest = time.time() - _STALE_SECONDS
        for leftover in (*self.root.glob(".trainstore-*.tmp"), *self._passing.glob("trainstore-*")):
            with suppress(FileNotFoundError):  # its own process has just finished with it
                if leftover.stat().st_mtime < oldest:
                    _remove(leftover)

    @contextmanager
    def _passing_file(self) -> Iterator[IO[bytes]]:
        self._make_folder(self.root)
        # DVC passes over names that are not inside a two-letter folder.
        with tempfile.NamedTemporaryFile(
            dir=self.root, prefix=".trainstore-", suffix=".tmp", delete=False
        ) as file:
            try:
                yield file
            finally:
                Path(file.name).unlink(missing_ok=True)

    def _publish(self, file: IO[bytes], md5: str, size: int) -> None:
        target = self.path(md5)
        if not (target.is_file() and target.stat().st_size == size):
            file.flush()
            os.fchmod(file.fileno(), self._objects.CACHE_MODE)
            os.fsync(file.fileno())
            self._make_folder(target.parent)
            os.replace(file.name, target)
        sync_folder(target.parent)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder, and those above it, durable; DVC's ``makedirs`` heeds ``cache.shared``."""
        if not folder.is_dir():
            self._make_folder(folder.parent)
            self._objects.makedirs(str(folder))
            sync_folder(folder.parent)


def _remove(leftover: Path) -> None:
    if leftover.is_dir():
        shutil.rmtree(leftover)
    else:
        leftover.unlink()


def _stream(source: BinaryIO, target: IO[bytes]) -> StoredFile:
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        md5.update(chunk)
        sha256.update(chunk)
        target.write(chunk)
        size += len(chunk)
    return StoredFile(md5.hexdigest(), sha256.hexdigest(), size)
