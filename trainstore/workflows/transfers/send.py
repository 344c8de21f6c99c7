"""Sending objects to a DVC remote: only what it lacks, files before the lists that name them."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trainstore.disk_format.dvc_files import is_folder_id, named_ids
from trainstore.store.checkpoints.intact import require_intact
from trainstore.workflows.transfers.progress import Transfer, Travelled

if TYPE_CHECKING:
    from trainstore.store.checkpoints.dvc_cache import DvcCache
    from trainstore.store.remotes.dvc_remote import DvcRemote

_AT_A_TIME = 4


@dataclass(frozen=True)
class SendPlan:
    """What has to be sent.

    Attributes:
        sizes: id -> bytes of each object that the remote lacks, or has cut off.
        lacking: ids of objects that neither the cache nor the remote has, each with the path of a pointer.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)


def plan_sending(cache: "DvcCache", remote: "DvcRemote", named: Mapping[str, str]) -> SendPlan:
    """Return what a remote lacks of what pointers name.

    Args:
        cache: whence it would come.
        remote: is asked for all of it.
        named: ids in pointers, each with the path of one; of a list, all that it lists is looked at too.

    Raises:
        RemoteFailed: the remote cannot be reached, or refuses.
        CheckpointMissing: a list of files is damaged in the cache.
    """
    paths = dict(named)
    for identity, path in named.items():
        place = cache.path(identity)
        if is_folder_id(identity) and place.is_file():
            require_intact(place, f"The list of files of {path}")
            paths |= dict.fromkeys(named_ids(place.read_bytes()) - paths.keys(), path)
    there = remote.find(paths)
    sizes: dict[str, int] = {}
    lacking: dict[str, str] = {}
    for identity, path in paths.items():
        place, found = cache.path(identity), there.get(identity)
        if place.is_file():
            size = place.stat().st_size
            if found is None or found.size != size:
                sizes[identity] = size
        elif found is None:
            lacking[identity] = path
    return SendPlan(sizes, lacking)


def send(cache: "DvcCache", remote: "DvcRemote", plan: SendPlan, transfer: Transfer) -> None:
    """Send what a plan says, each object compared with its id before.

    Raises:
        RemoteFailed: the remote cannot be reached, or refuses; what was sent stays there.
        CheckpointMissing: an object is damaged in the cache.
    """
    remote.clear_stale()
    travelled = Travelled(transfer, sum(plan.sizes.values()))

    def send_one(identity: str) -> None:
        place = cache.path(identity)
        require_intact(place, f"The object {identity}")
        remote.send(identity, place, travelled.count)

    files = [identity for identity in plan.sizes if not is_folder_id(identity)]
    lists = [identity for identity in plan.sizes if is_folder_id(identity)]
    for some in (files, lists):  # a list is there only when all that it names is
        each_at_once(send_one, some)


def each_at_once(act: Callable[[str], None], ids: Iterable[str]) -> None:
    """Do something with each object, a few at a time; after a failure nothing more is begun."""
    with ThreadPoolExecutor(_AT_A_TIME) as threads:
        running = [threads.submit(act, identity) for identity in ids]
        try:
            for one in running:
                one.result()
        except BaseException:
            threads.shutdown(wait=True, cancel_futures=True)
            raise
