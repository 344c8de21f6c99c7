"""What the cache holds for whom: which objects are needed, and how each stands on disk."""

import os
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Protocol

from trainstore.disk_format.dvc_files import is_folder_id
from trainstore.errors import CheckpointMissing, UsageError
from trainstore.retention.reclaim_rules import ObjectFacts
from trainstore.store.checkpoints.cached_objects import CachedObject
from trainstore.store.checkpoints.intact import file_md5
from trainstore.store.git.worktrees import Worktree


class Shelf(Protocol):
    """Where objects are: DVC's cache, or a remote; as `CachedObjects` tells."""

    @property
    def found(self) -> Mapping[str, CachedObject]: ...

    @property
    def set_aside(self) -> Mapping[str, int]: ...

    def listed(self, folder_id: str, /) -> frozenset[str] | None: ...


def needed_objects(
    cache: Shelf,
    ids: Iterable[str],
    pointers: Mapping[str, Iterable[str]],
    worktrees: Iterable[Worktree],
) -> set[str]:
    """Return ids of objects with those of the files that they list.

    Where a list is not in the cache, the files in the work tree tell what was on it.

    Args:
        cache: where the lists are.
        ids: named by pointers.
        pointers: path of a run's pointer -> ids that it names or named.
        worktrees: where the folders of checkpoints may stand.

    Raises:
        UsageError: a list is damaged, so that nobody knows which files it needs.
    """
    needed = set(ids)
    unlisted = set()
    for identity in [one for one in needed if is_folder_id(one)]:
        try:
            listed = cache.listed(identity)
        except CheckpointMissing as error:
            raise UsageError(
                f"{error.message} So it is not known which files it needs, and nothing is reclaimed.",
                "See what recovers it: trainstore verify",
            ) from error
        if listed is None:
            unlisted.add(identity)
        needed |= listed or set()
    sizes = {one.size for one in cache.found.values()} if unlisted else set()
    folders = [
        path.removesuffix(".dvc") for path, named in pointers.items() if not unlisted.isdisjoint(named)
    ]
    for folder in folders:
        for tree in worktrees:
            needed |= {file_md5(file) for file in _files(tree, folder) if file.stat().st_size in sizes}
    return needed


def object_facts(cache: Shelf, objects: Set[str], leaving: Iterable[Path] = ()) -> dict[str, ObjectFacts]:
    """Return how objects stand on disk, of those that are in the cache.

    Args:
        cache: where they are.
        objects: their ids.
        leaving: folders that are about to go, and with them the links in them.
    """
    going: dict[int, int] = {}
    for folder in leaving:
        for file in folder.iterdir() if folder.is_dir() else ():
            inode = file.lstat().st_ino
            going[inode] = going.get(inode, 0) + 1
    found = ((identity, cache.found[identity]) for identity in objects if identity in cache.found)
    facts = {
        identity: ObjectFacts(one.size, one.links - going.get(one.inode, 0) > 1) for identity, one in found
    }
    aside = [identity for identity in objects if identity in cache.set_aside and identity not in facts]
    return facts | {identity: ObjectFacts(cache.set_aside[identity], False) for identity in aside}


def _files(tree: Worktree, folder: str) -> Iterator[Path]:
    if tree.root is not None and (tree.root / folder).is_dir():
        with os.scandir(tree.root / folder) as entries:
            yield from (Path(entry) for entry in entries if entry.is_file(follow_symlinks=False))
