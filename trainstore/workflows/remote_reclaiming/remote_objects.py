"""The objects of a DVC remote as a reclaim looks at them: which are there, how large, and what is on each list."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from trainstore.disk_format.dvc_files import is_folder_id, named_ids
from trainstore.errors import CheckpointMissing, IntegrityProblem
from trainstore.store.checkpoints.cached_objects import CachedObject
from trainstore.workflows.transfers.receive import read_list
from trainstore.workflows.transfers.send import each_at_once

if TYPE_CHECKING:
    from trainstore.store.checkpoints.dvc_cache import DvcCache
    from trainstore.store.remotes.dvc_remote import DvcRemote


class RemoteObjects:
    """Those objects of a remote that were asked for; see `CachedObjects` for a cache.

    Args:
        cache: lists of files that are here need not be got.
        remote: the DVC remote.
        unfinished: lists that a killed reclaim may have taken away -> the objects that go with each.
    """

    def __init__(
        self, cache: "DvcCache", remote: "DvcRemote", unfinished: Mapping[str, Iterable[str]]
    ) -> None:
        self.found: dict[str, CachedObject] = {}
        self.set_aside: dict[str, int] = {}
        self._cache, self._remote, self._unfinished = cache, remote, unfinished
        self._lists: dict[str, frozenset[str] | CheckpointMissing | None] = {}

    def look(self, ids: Iterable[str]) -> None:
        """Ask the remote for objects. Raises RemoteFailed."""
        there = self._remote.find(ids)
        self.found |= {one: CachedObject(about.size, 1, 0) for one, about in there.items()}
        self.set_aside = dict.fromkeys(self._unfinished.keys() - self.found.keys(), 0)

    def read_lists(self, ids: Iterable[str]) -> None:
        """Read lists of files, several at a time. Raises RemoteFailed."""
        each_at_once(self._read, {one for one in ids if is_folder_id(one)} - self._lists.keys())

    def listed(self, folder_id: str) -> frozenset[str] | None:
        """Return the ids that a list of files names; None where it is neither on the remote nor here.

        Raises:
            CheckpointMissing: it is damaged.
        """
        self.read_lists([folder_id])
        found = self._lists[folder_id]
        if isinstance(found, CheckpointMissing):
            raise found
        if found is None and folder_id in self.set_aside:
            return frozenset(self._unfinished[folder_id])
        return found

    def _read(self, folder_id: str) -> None:
        try:
            content = read_list(self._cache, self._remote, folder_id)
            self._lists[folder_id] = None if content is None else named_ids(content)
        except IntegrityProblem:
            what = f"The list of files {folder_id} on the DVC remote {self._remote.name!r} is damaged."
            self._lists[folder_id] = CheckpointMissing(what, "trainstore verify --remote --repair")
        except CheckpointMissing as error:
            self._lists[folder_id] = error
