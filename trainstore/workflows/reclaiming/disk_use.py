"""What uses the disk: checkpoints by function and run, what may be reclaimed, and the rest."""

import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trainstore.disk_format.dvc_files import is_folder_id, named_ids, pointed_folder
from trainstore.disk_format.layout import DATASETS, RUNS, is_checkpoint_pointer
from trainstore.errors import CheckpointMissing, TrainstoreError
from trainstore.store.checkpoints.cached_objects import CachedObjects
from trainstore.store.git.read import list_tree, read_blobs
from trainstore.store.git.repository import Repository, read_head
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_function
from trainstore.workflows.reclaiming.make_plan import plan_at
from trainstore.workflows.reclaiming.reclaim_plan import ReclaimPlan, ReclaimRequest


@dataclass(frozen=True)
class Share:
    """What one function's or one run's checkpoints take of the cache.

    Attributes:
        runs: how many have a checkpoint in the tree.
        unique: bytes that nothing else in the tree points to.
        shared: bytes that others in the tree point to as well.
        missing: how many of the checkpoints are not, or not whole, in this cache.
    """

    runs: int
    unique: int
    shared: int
    missing: int


@dataclass(frozen=True)
class RunShare:
    """A run with its share; its version is None where the index does not know it."""

    run_id: str
    function: str
    version: Version | None
    share: Share


@dataclass(frozen=True)
class DiskUse:
    """What uses the disk, in bytes. What belongs to several of these counts for the first.

    Attributes:
        functions: share of each function that has a checkpoint in the tree, by its name.
        runs: share of each of their runs, by id.
        kept: of the checkpoints in the tree.
        data: of the data sets in the tree.
        left: of checkpoints that left the tree and are in the cache still.
        other: of all else in the cache: what other branches need, and what this store's history knows nothing of.
        plan: which of those that left may go now, and why the others stay; None where a reclaim would refuse.
        refusal: why it would; empty where it would not.
        git: of git's objects.
        index: of trainstore's index.
    """

    functions: Mapping[str, Share]
    runs: tuple[RunShare, ...]
    kept: int
    data: int
    left: int
    other: int
    plan: ReclaimPlan | None
    refusal: str
    git: int
    index: int

    @property
    def cache(self) -> int:
        """Bytes of all objects in the cache."""
        return self.kept + self.data + self.left + self.other


def disk_use(repository: Repository, name: str | None, now: int) -> DiskUse:
    """Return what uses the disk; nothing is written. Starts a fixed number of git processes.

    Args:
        repository: the store.
        name: the only function whose share is told; sharing is with all others all the same.
        now: Unix seconds.

    Raises:
        NotFound: there is no such function.
        GitFailed: git cannot read HEAD's tree.
    """
    from trainstore.store.checkpoints.dvc_cache import DvcCache

    cache = CachedObjects(DvcCache(repository.root).root)
    pointed, data_ids = _in_tree(repository)
    runs = [_Run(folder, md5, _objects(cache, md5)) for folder, md5 in sorted(pointed.items())]
    with open_index(repository) as index:
        only = None if name is None else "/".join(resolve_function(index, name))
        known = {run.folder: run.version_path for run in index.runs()}
        versions = index.versions_with(known.values())
    for run in runs:
        run.version = versions.get(known.get(run.folder, ""))
    plan, refusal = _plan(repository, now)
    left = {item.checkpoint.md5 for item in (*plan.removed, *plan.kept)} if plan else set()
    functions, shares = _shares(cache, runs, only)
    sizes = {identity: one.size for identity, one in cache.found.items()}
    parts = []
    for ids in (
        {identity for run in runs for identity in run.objects},
        {identity for one in data_ids for identity in _objects(cache, one)},
        {identity for md5 in left for identity in _objects(cache, md5)} | set(plan.objects if plan else ()),
    ):
        parts.append(sum(sizes.pop(identity, 0) for identity in ids))
    kept, data, left_bytes = parts
    git, own = _size(repository.common_dir / "objects"), _size(repository.state, "index.db")
    return DiskUse(functions, shares, kept, data, left_bytes, sum(sizes.values()), plan, refusal, git, own)


@dataclass
class _Run:
    folder: str
    md5: str
    objects: frozenset[str]
    version: Version | None = None

    @property
    def function(self) -> str:
        """The name of its function; where no version tells, its folder."""
        return self.version.function if self.version else "/".join(self.folder.split("/")[1:3])


def _in_tree(repository: Repository) -> tuple[dict[str, str], set[str]]:
    """Return the id of each checkpoint in HEAD's tree by the folder of its run, and what data sets name."""
    head = read_head(repository).commit
    blobs = list_tree(repository.root, head, [RUNS, DATASETS]) if head else {}
    wanted = {path: blob for path, blob in blobs.items() if path.endswith(".dvc")}
    contents = read_blobs(repository.root, wanted.values())
    pointed: dict[str, str] = {}
    data: set[str] = set()
    for path, blob in wanted.items():
        md5 = pointed_folder(contents[blob]) if is_checkpoint_pointer(path) else None
        if md5 is not None:
            pointed[path.rpartition("/")[0]] = md5
        elif not is_checkpoint_pointer(path):
            data |= named_ids(contents[blob])
    return pointed, data


def _objects(cache: CachedObjects, identity: str) -> frozenset[str]:
    """Return an object with what it lists; alone where its list is damaged or not here."""
    try:
        return frozenset({identity}) | ((is_folder_id(identity) and cache.listed(identity)) or frozenset())
    except CheckpointMissing:
        return frozenset({identity})


def _plan(repository: Repository, now: int) -> tuple[ReclaimPlan | None, str]:
    try:
        return plan_at(repository, ReclaimRequest(now)), ""
    except TrainstoreError as error:
        return None, error.message


def _shares(
    cache: CachedObjects, runs: Sequence[_Run], only: str | None
) -> tuple[dict[str, Share], tuple[RunShare, ...]]:
    of_function: dict[str, list[_Run]] = defaultdict(list)
    for run in runs:
        of_function[run.function].append(run)
    in_runs = Counter(identity for run in runs for identity in run.objects)
    in_functions = Counter(
        identity for some in of_function.values() for identity in {one for run in some for one in run.objects}
    )
    wanted = {name: some for name, some in of_function.items() if only in (None, name)}
    functions = {name: _share(cache, some, in_functions) for name, some in sorted(wanted.items())}
    each = [
        RunShare(run.folder.rpartition("/")[2], run.function, run.version, _share(cache, [run], in_runs))
        for some in wanted.values()
        for run in some
    ]
    return functions, tuple(sorted(each, key=lambda one: one.run_id))


def _share(cache: CachedObjects, runs: Sequence[_Run], users: Mapping[str, int]) -> Share:
    unique = shared = 0
    for identity in {one for run in runs for one in run.objects}:
        size = cache.found[identity].size if identity in cache.found else 0
        unique, shared = (unique + size, shared) if users[identity] == 1 else (unique, shared + size)
    missing = sum(not all(one in cache.found for one in run.objects) for run in runs)
    return Share(len(runs), unique, shared, missing)


def _size(folder: Path, prefix: str = "") -> int:
    """Return the bytes of the files below a folder whose names begin so."""
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with suppress(FileNotFoundError):
                total += os.lstat(os.path.join(place, name)).st_size if name.startswith(prefix) else 0
    return total
