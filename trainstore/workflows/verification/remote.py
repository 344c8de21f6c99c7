"""Checks of the DVC remote: has it all that HEAD's tree needs, and is that still what it was? And repairing either side."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trainstore.disk_format.dvc_files import is_folder_id, named_ids
from trainstore.errors import CheckpointMissing, IntegrityProblem
from trainstore.store.checkpoints.cache_lock import cache_in_use
from trainstore.store.checkpoints.intact import file_md5
from trainstore.store.git.repository import Repository, read_head
from trainstore.workflows.problem import Problem
from trainstore.workflows.sharing.pointers import named_in_tree
from trainstore.workflows.transfers.progress import Transfer
from trainstore.workflows.transfers.receive import read_list
from trainstore.workflows.transfers.send import SendPlan, send

if TYPE_CHECKING:
    from trainstore.store.checkpoints.dvc_cache import DvcCache
    from trainstore.store.remotes.dvc_remote import DvcRemote

_REPAIR = "trainstore verify --remote --repair sends it again."
_NOBODY = "Who has it sends it there: trainstore push; else see what trained it: trainstore rerun"


@dataclass(frozen=True)
class RemoteOptions:
    """How a DVC remote is checked.

    Attributes:
        name: of the remote; None for DVC's default one.
        repair: send what is missing or broken there, and fetch what is damaged here.
    """

    name: str | None = None
    repair: bool = False


@dataclass(frozen=True)
class RemoteCheck:
    """What was found.

    Attributes:
        name: of the remote.
        objects: how many it was asked for.
        repaired: how many were sent there or fetched from there.
        problems: what is missing or broken there still.
        there: ids in pointers of which it has all that they name, as far as was looked.
    """

    name: str
    objects: int
    repaired: int
    problems: tuple[Problem, ...]
    there: frozenset[str]


def check_remote(repository: Repository, options: RemoteOptions, *, content: bool) -> RemoteCheck:
    """Ask a DVC remote for every object that pointers in HEAD's tree name.

    Args:
        repository: the store.
        options: which remote, and whether to repair. Writes then: objects there, and in DVC's cache.
        content: get every object and compare its bytes with its id.

    Raises:
        UsageError: there is no such remote.
        RemoteFailed: it cannot be reached, or refuses.
    """
    from trainstore.store.checkpoints.dvc_cache import DvcCache
    from trainstore.store.remotes.dvc_remote import DvcRemote

    named = named_in_tree(repository, str(read_head(repository).commit))
    cache, remote = DvcCache(repository.root), DvcRemote(repository.root, options.name)
    with cache_in_use(repository):
        needs = {identity: _needs(cache, remote, identity) for identity in named}
        paths = {one: named[identity] for identity, ids in needs.items() for one in ids}
        faults = _faults(cache, remote, set(paths), content)
        sent = _send_again(cache, remote, faults) if options.repair else set()
        fetched = _fetch_again(cache, remote, set(paths) - faults.keys()) if options.repair else 0
    left = {one: fault for one, fault in faults.items() if one not in sent}
    problems = tuple(_told(cache, remote, one, fault, paths[one]) for one, fault in sorted(left.items()))
    there = frozenset(identity for identity, ids in needs.items() if not ids & left.keys())
    return RemoteCheck(remote.name, len(paths), len(sent) + fetched, problems, there)


def _needs(cache: "DvcCache", remote: "DvcRemote", identity: str) -> set[str]:
    """Return an object with all that it lists, as far as the cache or the remote can tell."""
    if not is_folder_id(identity):
        return {identity}
    try:
        content = read_list(cache, remote, identity)
    except (CheckpointMissing, IntegrityProblem):  # told with the object itself
        content = None
    return {identity, *named_ids(content or b"")}


def _faults(cache: "DvcCache", remote: "DvcRemote", ids: set[str], content: bool) -> dict[str, str]:
    found = remote.find(ids)
    faults = {one: "missing" for one in ids - found.keys()}
    for one, there in found.items():
        place = cache.path(one)
        if place.is_file() and place.stat().st_size != there.size and _is_intact(cache, one):
            faults[one] = "cut off"
        elif (content or is_folder_id(one)) and not _is_whole_there(cache, remote, one):
            faults[one] = "not what it was"
    return faults


def _is_whole_there(cache: "DvcCache", remote: "DvcRemote", identity: str) -> bool:
    with cache.passing_folder() as folder:
        try:
            remote.receive(identity, folder / "object", lambda _: None)
        except FileNotFoundError:
            return False
        return file_md5(folder / "object") == identity.removesuffix(".dir")


def _is_intact(cache: "DvcCache", identity: str) -> bool:
    place = cache.path(identity)
    return place.is_file() and file_md5(place) == identity.removesuffix(".dir")


def _send_again(cache: "DvcCache", remote: "DvcRemote", faults: dict[str, str]) -> set[str]:
    """Send what the cache has; return the ids."""
    sizes = {one: cache.path(one).stat().st_size for one in faults if _is_intact(cache, one)}
    send(cache, remote, SendPlan(sizes), Transfer())
    return set(sizes)


def _fetch_again(cache: "DvcCache", remote: "DvcRemote", ids: set[str]) -> int:
    """Fetch files that are damaged here; return how many. What is not here at all comes when it is needed."""

    def fill(identity: str, file: Path) -> None:
        remote.receive(identity, file, lambda _: None)

    damaged = [one for one in ids if cache.path(one).is_file() and not _is_intact(cache, one)]
    files = [one for one in damaged if not is_folder_id(one)]
    return sum(cache.fetch(one, lambda file, one=one: fill(one, file)) for one in files)  # type: ignore[misc]


def _told(cache: "DvcCache", remote: "DvcRemote", identity: str, fault: str, path: str) -> Problem:
    what = f"The object {identity} of {path} is {fault} on the DVC remote {remote.name!r}."
    return Problem("remote object", what, _REPAIR if _is_intact(cache, identity) else _NOBODY)
