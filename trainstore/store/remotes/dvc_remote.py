"""A DVC remote, by DVC's own configuration and file systems: what it has, sending there, getting from there."""

import os
import posixpath
import shlex
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dvc_data.hashfile.db import get_odb

from trainstore.errors import UsageError
from trainstore.store.checkpoints.dvc_cache import dvc_settings
from trainstore.store.checkpoints.object_writer import is_passing, passing_name
from trainstore.store.git.remotes import without_passwords
from trainstore.store.remotes.configured import choose_remote
from trainstore.store.remotes.counting import Counting, OnBytes
from trainstore.store.remotes.remote_errors import remote_errors_told, secrets_of

_streams = sys.stdout, sys.stderr
from dvc.fs import get_cloud_fs  # noqa: E402

sys.stdout, sys.stderr = _streams  # importing dvc wraps both for the rest of the process

_RENAMES = {"local", "ssh", "hdfs", "webdav", "webdavs"}  # elsewhere an upload appears whole, or not at all
_ASKED_AT_ONCE = 1000
_STALE_SECONDS = 24 * 3600
NOTES = ".trainstore"  # beside the objects; DVC takes its files for none


class RemoteObject(NamedTuple):
    """An object of a remote: its bytes, and when it was written there, in Unix seconds."""

    size: int
    written: float


class DvcRemote:
    """One of the remotes that ``dvc remote list`` shows. Nothing is asked of it before a method needs it.

    Args:
        store_root: holds ``.dvc``.
        name: of the remote; else DVC's default one, else the only one.

    Raises:
        UsageError: there is no such remote, or it is of a kind that keeps no objects under their ids; DVC's
            configuration cannot be used.
    """

    def __init__(self, store_root: Path, name: str | None = None) -> None:
        config = dvc_settings(store_root)
        self.name = choose_remote(config, name)
        try:
            kind, settings, path = get_cloud_fs(config, name=self.name)
        except ImportError as error:
            raise self._lacking(urlsplit(str(config["remote"][self.name]["url"])).scheme) from error
        except Exception as error:  # a class of its own for each thing that DVC finds wrong
            raise UsageError(
                f"The DVC remote {self.name!r} cannot be used: {without_passwords(str(error))}.",
                "See: dvc remote list",
            ) from error
        if settings.get("worktree") or settings.get("version_aware"):
            raise UsageError(
                f"The DVC remote {self.name!r} keeps files under their names, not under their ids.",
                "Add one without version_aware and worktree: dvc remote add",
            )
        self._kind, self._settings, self._path = kind, settings, path
        self.address = without_passwords(str(config["remote"][self.name]["url"]))
        self._secrets = secrets_of(settings)
        self._made: set[str] = set()

    @cached_property
    def _fs(self) -> Any:
        try:
            return self._kind(**self._settings)
        except Exception as error:
            if type(error).__name__ != "RemoteMissingDepsError":
                raise
            raise self._lacking(self._kind.protocol) from error

    def _lacking(self, kind: str) -> UsageError:
        return UsageError(
            f"The DVC remote {self.name!r} is of the kind {kind!r}, for which a library is not installed.",
            f"Install DVC's plugin for it: pip install {shlex.quote(f'dvc-{kind}')}",
        )

    @cached_property
    def _objects(self) -> Any:
        return get_odb(self._fs, self._fs.join(self._path, "files", "md5"), hash_name="md5")  # type: ignore[no-untyped-call]

    def _telling(self, action: str) -> Any:
        return remote_errors_told(self.name, action, self._secrets)

    def find(self, ids: Iterable[str]) -> dict[str, RemoteObject]:
        """Return those of the objects that are there.

        Raises:
            RemoteFailed: it cannot be reached, or refuses.
        """
        wanted = sorted(set(ids))
        found = {}
        with self._telling("ask"):
            for start in range(0, len(wanted), _ASKED_AT_ONCE):
                some = wanted[start : start + _ASKED_AT_ONCE]
                answers = self._fs.info([self._place(one) for one in some], return_exceptions=True)
                for identity, answer in zip(some, answers, strict=True):
                    if not isinstance(answer, Exception):
                        if answer["type"] == "file":
                            found[identity] = RemoteObject(int(answer["size"]), _seconds(answer))
                    elif not isinstance(answer, FileNotFoundError):
                        raise answer
        return found

    def send(self, identity: str, file: Path, on_bytes: OnBytes) -> None:
        """Put an object there under a passing name, then give it its own. Writes: one object.

        Raises:
            RemoteFailed: it cannot be reached, or refuses; no object is half there.
        """
        place, counting = self._place(identity), Counting(on_bytes)
        with self._telling("send to"):
            self._make_folder(self._fs.parent(place))
            if self._kind.protocol not in _RENAMES:
                self._fs.put_file(str(file), place, callback=counting)
                counting.absolute_update(file.stat().st_size)
                return
            passing = self._fs.join(self._objects.path, passing_name())
            try:
                self._fs.put_file(str(file), passing, callback=counting)
                counting.absolute_update(file.stat().st_size)
                self._make_durable(passing)
                self._fs.mv(passing, place)
                self._objects.protect(place)
                self._make_durable(self._fs.parent(place))
            except BaseException:
                with suppress(Exception):  # where the connection is lost, the next push clears it away
                    self._fs.rm_file(passing)
                raise

    def receive(self, identity: str, file: Path, on_bytes: OnBytes) -> None:
        """Write an object's bytes to a file, whatever they are: the caller compares them.

        Raises:
            FileNotFoundError: it is not there.
            RemoteFailed: it cannot be reached, or refuses.
        """
        missing, counting = False, Counting(on_bytes)
        with self._telling("get from"):
            try:
                self._fs.get_file(self._place(identity), str(file), callback=counting)
                counting.absolute_update(file.stat().st_size)
            except FileNotFoundError:
                missing = True
        if missing:
            raise FileNotFoundError(identity)

    def remove(self, identity: str) -> bool:
        """Remove an object for good; tell whether it was there, as far as the remote says. Writes: one object goes.

        Raises:
            RemoteFailed: it cannot be reached, or refuses.
        """
        return self._remove(self._place(identity))

    def notes(self, folder: str) -> frozenset[str]:
        """Return the names of trainstore's own small files in a folder beside the objects.

        Raises:
            RemoteFailed: it cannot be reached, or refuses.
        """
        place, names = self._fs.join(self._path, NOTES, folder), []
        with self._telling("ask"):
            self._fs.fs.invalidate_cache()  # what others did a moment ago counts
            with suppress(FileNotFoundError):
                names = self._fs.ls(place, detail=False)
        return frozenset(posixpath.basename(str(name).rstrip("/")) for name in names)

    def leave_note(self, folder: str, name: str) -> None:
        """Put an empty file into such a folder, durable on return. Writes: it.

        Raises:
            RemoteFailed: it cannot be reached, or refuses.
        """
        place = self._fs.join(self._path, NOTES, folder, name)
        with self._telling("send to"):
            self._make_folder(self._fs.parent(place))
            self._fs.pipe_file(place, b"")
            self._make_durable(place)
            self._make_durable(self._fs.parent(place))

    def take_note(self, folder: str, name: str) -> None:
        """Take such a file away. Raises RemoteFailed."""
        self._remove(self._fs.join(self._path, NOTES, folder, name))

    def _remove(self, place: str) -> bool:
        with self._telling("free space on"):
            try:
                self._fs.rm_file(place)
            except FileNotFoundError:
                return False
        return True

    def clear_stale(self) -> None:
        """Remove what killed pushes left half written a day ago or longer."""
        with self._telling("ask"):
            if self._kind.protocol not in _RENAMES or not self._fs.exists(self._objects.path):
                return
            for entry in self._fs.ls(self._objects.path, detail=True):
                name = posixpath.basename(entry["name"].rstrip("/"))
                if is_passing(name) and _seconds(entry) < time.time() - _STALE_SECONDS:
                    with suppress(FileNotFoundError):
                        self._fs.rm_file(entry["name"])

    def _make_durable(self, path: str) -> None:
        if self._kind.protocol == "local":  # other servers see to that themselves
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _place(self, identity: str) -> str:
        return str(self._objects.oid_to_path(identity))

    def _make_folder(self, folder: str) -> None:
        if folder not in self._made:
            self._fs.makedirs(folder, exist_ok=True)
            self._made.add(folder)


def _seconds(entry: Mapping[str, Any]) -> float:
    """Return when a file was written; what no file system tells counts as now."""
    moment = entry.get("mtime", entry.get("LastModified"))
    if isinstance(moment, datetime):
        return moment.timestamp()
    return float(moment) if isinstance(moment, int | float) else time.time()
