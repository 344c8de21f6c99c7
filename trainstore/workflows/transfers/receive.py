"""Getting objects from a DVC remote: only what the cache lacks, each compared with its id before it enters."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trainstore.disk_format.dvc_files import is_folder_id, named_ids
from trainstore.errors import CheckpointMissing, IntegrityProblem
from trainstore.store.checkpoints.cache_lock import cache_in_use
from trainstore.store.checkpoints.intact import require_intact
from trainstore.store.git.repository import Repository
from trainstore.store.writing.disk_errors import disk_errors_told
from trainstore.workflows.transfers.progress import Transfer, Travelled
from trainstore.workflows.transfers.send import each_at_once

if TYPE_CHECKING:
    from trainstore.store.checkpoints.dvc_cache import DvcCache
    from trainstore.store.remotes.dvc_remote import DvcRemote

_MOST_LIST_BYTES = 1 << 24


def bring_here(repository: Repository, identity: str, what: str, transfer: Transfer | None = None) -> None:
    """See to it that DVC's cache has an object, and of a list all that it lists, where a DVC remote can give it.

    Where the store has no DVC remote nothing happens: whoever needs the object says that it is missing.

    Args:
        repository: the store.
        identity: of the object.
        what: it is, such as ``the checkpoint of run …``.
        transfer: is told of the progress.

    Raises:
        CheckpointMissing: neither the cache nor the remote has it.
        RemoteFailed: the remote cannot be reached, or refuses.
        IntegrityProblem: it gave other bytes; nothing of them was kept.
    """
    from trainstore.store.checkpoints.dvc_cache import DvcCache

    cache = DvcCache(repository.root)
    if not missing_here(cache, [identity]):
        return
    from trainstore.store.remotes.configured import has_remote
    from trainstore.store.remotes.dvc_remote import DvcRemote

    if not has_remote(repository.root):
        return
    remote, transfer = DvcRemote(repository.root), transfer or Transfer()
    transfer.on_step(f"fetching {what} from the DVC remote {remote.name!r}")
    if receive(repository, cache, remote, [identity], transfer).lacking:
        raise CheckpointMissing(
            f"Neither DVC's cache nor the DVC remote {remote.name!r} ({remote.address}) has {what}.",
            "Who has it sends it there: trainstore push",
        )


@dataclass(frozen=True)
class Received:
    """What came: how many objects of how many bytes; ``lacking`` are ids of which the remote lacks something, too."""

    objects: int = 0
    bytes: int = 0
    lacking: frozenset[str] = frozenset()


def missing_here(cache: "DvcCache", ids: Iterable[str]) -> list[str]:
    """Return the ids of objects that the cache lacks, in whole or, of a list, of what it lists."""
    return [identity for identity in dict.fromkeys(ids) if not _is_whole(cache, identity)]


def receive(
    repository: Repository, cache: "DvcCache", remote: "DvcRemote", ids: Iterable[str], transfer: Transfer
) -> Received:
    """Get objects, and all that lists among them list; a list gets its name once all that it lists is here.

    Writes: objects of DVC's cache, each durable; what came before a failure stays.

    Raises:
        RemoteFailed: the remote cannot be reached, or refuses.
        IntegrityProblem: it gave other bytes than asked for; they were not kept.
        TrainstoreError: the disk is full.
    """
    with cache_in_use(repository), disk_errors_told(cache.root, "store what came"):
        cache.clear_stale()
        missing = missing_here(cache, ids)
        lists = {one: read_list(cache, remote, one) for one in missing if is_folder_id(one)}
        needed = {one: _lacking_files(cache, one, lists.get(one)) for one in missing}
        there = remote.find({file for files in needed.values() for file in files})
        unlisted = {one for one, content in lists.items() if content is None}
        lacking = unlisted | {one for one, files in needed.items() if not files <= there.keys()}
        whole = [one for one in missing if one not in lacking]
        coming = {file: there[file].size for one in whole for file in sorted(needed[one])}
        travelled = Travelled(transfer, sum(coming.values()))
        each_at_once(lambda file: _receive_file(cache, remote, file, coming[file], travelled), coming)
        for one in whole:
            content = lists.get(one)
            if content is not None:
                cache.add_list(one, content)
    return Received(len(coming) + len(lists.keys() & set(whole)), sum(coming.values()), frozenset(lacking))


def _is_whole(cache: "DvcCache", identity: str) -> bool:
    place = cache.path(identity)
    if not place.is_file():
        return False
    return not is_folder_id(identity) or not _lacking_files(cache, identity, place.read_bytes())


def _lacking_files(cache: "DvcCache", identity: str, content: bytes | None) -> set[str]:
    """Return the files that have to come for an object: itself, or those that its list names."""
    files = named_ids(content or b"") if is_folder_id(identity) else {identity}
    return {one for one in files if not cache.path(one).is_file()}


def read_list(cache: "DvcCache", remote: "DvcRemote", identity: str) -> bytes | None:
    """Return a list of files, the cache's or the remote's; None where neither has it."""
    place = cache.path(identity)
    if place.is_file():
        require_intact(place, f"The list of files {identity}")
        return place.read_bytes()
    with cache.passing_folder() as folder:
        try:
            remote.receive(identity, folder / "list", _at_most(_MOST_LIST_BYTES, remote, identity))
        except FileNotFoundError:
            return None
        content = (folder / "list").read_bytes()
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != identity.removesuffix(".dir"):
        raise lie(remote, identity)
    return content


def _receive_file(
    cache: "DvcCache", remote: "DvcRemote", identity: str, size: int, travelled: Travelled
) -> None:
    def fill(file: Path) -> None:
        bounded = _at_most(size, remote, identity)

        def count(number: int) -> None:
            bounded(number)
            travelled.count(number)

        remote.receive(identity, file, count)

    if not cache.fetch(identity, fill):
        raise lie(remote, identity)


def _at_most(most: int, remote: "DvcRemote", identity: str) -> Callable[[int], None]:
    """Return what counts bytes and refuses those beyond what the remote said that there are."""
    left = most

    def count(number: int) -> None:
        nonlocal left
        left -= number
        if left < 0:
            raise lie(remote, identity)

    return count


def lie(remote: "DvcRemote", identity: str) -> IntegrityProblem:
    return IntegrityProblem(
        f"The DVC remote {remote.name!r} gave other bytes than those of the object {identity}; they were not kept.",
        "See all that is broken there: trainstore verify --remote",
    )
