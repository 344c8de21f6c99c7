"""Making the plan of a reclaim on a DVC remote: by the rules of a local one, and what other clones need besides."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from trainstore.disk_format.moments import utc_text
from trainstore.disk_format.remote_notes import (
    NEEDS,
    RECLAIM,
    STORES,
    Going,
    Needs,
    decode_going,
    decode_needs,
)
from trainstore.errors import CheckpointMissing, InvalidRecord, StoreLocked, UsageError
from trainstore.store.git.clone_identity import read_clone
from trainstore.store.git.read import read_blobs
from trainstore.store.git.remote_notes import everything_there
from trainstore.store.git.remotes import chosen_remote
from trainstore.store.git.repository import Repository, read_head
from trainstore.workflows.reclaiming.holders import HEAD, Holders, read_holders
from trainstore.workflows.reclaiming.make_plan import plan_of, why_needed
from trainstore.workflows.reclaiming.past_checkpoints import read_past
from trainstore.workflows.reclaiming.reclaim_plan import ReclaimPlan, ReclaimRequest
from trainstore.workflows.remote_reclaiming.remote_objects import RemoteObjects
from trainstore.workflows.sharing.agreement import MARKS
from trainstore.workflows.transfers.progress import Transfer

if TYPE_CHECKING:
    from trainstore.store.remotes.dvc_remote import DvcRemote

_Note = TypeVar("_Note", Needs, Going)


@dataclass(frozen=True)
class RemoteChoice:
    """On which remotes to reclaim.

    Attributes:
        git_remote: the git remote's name; None for the one that the branch follows.
        dvc_remote: the DVC remote's name; None for its default one.
        take_over: go on with a reclaim that another clone began, as whoever asks knows that it was killed.
    """

    git_remote: str | None = None
    dvc_remote: str | None = None
    take_over: bool = False


@dataclass(frozen=True)
class RemotePlan:
    """What goes of a DVC remote, and what stays.

    Attributes:
        plan: as for a cache.
        choice: what was asked for.
        git_remote: the git remote's name.
        dvc_remote: the DVC remote's name.
        checkpoints: list of files of each checkpoint that goes -> the objects that go of it.
        sizes: bytes of each object that goes and is there.
        unfinished: what a killed reclaim announced and has begun to free, likewise.
        announced: git's id of the note by which a reclaim is announced; None where there is none.
    """

    plan: ReclaimPlan
    choice: RemoteChoice
    git_remote: str
    dvc_remote: str
    checkpoints: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    unfinished: Mapping[str, frozenset[str]] = field(default_factory=dict)
    announced: str | None = None


def plan_there(
    repository: Repository,
    request: ReclaimRequest,
    choice: RemoteChoice,
    transfer: Transfer | None = None,
    announced: str | None = None,
) -> RemotePlan:
    """Plan what a reclaim frees on a DVC remote, as the remotes are now; nothing is written there.

    Args:
        repository: the store.
        request: the period of grace.
        choice: on which remotes.
        transfer: is told of the progress.
        announced: git's id of the note by which this very reclaim was announced.

    Raises:
        UsageError: there is no such remote; the clone is shallow; another git remote's store uses the DVC remote; or
            something that may need a checkpoint cannot be read.
        StoreLocked: another clone's reclaim goes on.
        RemoteFailed: a remote cannot be reached, or refuses.
        GitFailed: git cannot read what may need a checkpoint.
    """
    from trainstore.store.remotes.dvc_remote import DvcRemote

    transfer = transfer or Transfer()
    git_remote = chosen_remote(repository, read_head(repository), choice.git_remote)
    remote = DvcRemote(repository.root, choice.dvc_remote)
    _require_history(repository)
    transfer.on_step(f"fetching all that {git_remote} has")
    with everything_there(repository, git_remote) as there:
        require_own(remote, {one.removeprefix(STORES) for one in there if one.startswith(STORES)}, git_remote)
        unfinished = _unfinished(repository, there, choice, transfer, announced)
        held = read_holders(repository)
        _add_needs(repository, held, there)
        plan, shelf = _plan(repository, held, remote, unfinished, request, transfer)
    bare = RemotePlan(plan, choice, git_remote, remote.name, announced=there.get(RECLAIM))
    return _with_objects(bare, shelf, unfinished)


def _with_objects(bare: RemotePlan, shelf: RemoteObjects, unfinished: Mapping[str, list[str]]) -> RemotePlan:
    going = frozenset(bare.plan.objects)
    lists = [item.checkpoint.md5 for item in bare.plan.removed]
    return replace(
        bare,
        checkpoints={one: going & {one, *(shelf.listed(one) or ())} for one in lists},
        sizes={one: shelf.found[one].size for one in going if one in shelf.found},
        unfinished={one: frozenset(unfinished[one]) for one in shelf.set_aside},
    )


def _require_history(repository: Repository) -> None:
    if (repository.common_dir / "shallow").exists():
        raise UsageError(
            "This is a shallow clone: it does not know all that needs a checkpoint.", "git fetch --unshallow"
        )


def require_own(remote: "DvcRemote", stores: Set[str], git_remote: str) -> None:
    """Refuse where another git remote's store uses a DVC remote: nobody here knows what it needs.

    Raises:
        UsageError: one does.
        RemoteFailed: it cannot be reached, or refuses.
    """
    others = sorted(remote.notes(MARKS) - stores)
    if others:
        raise UsageError(
            f"The DVC remote {remote.name!r} holds objects of a store that is not shared by the git remote "
            f"{git_remote!r}: {remote.address}/.trainstore/{MARKS}/{others[0]}",
            "What that one needs is not known here, so nothing is freed. Where it is no more, remove that file.",
        )


def _unfinished(
    repository: Repository,
    there: Mapping[str, str],
    choice: RemoteChoice,
    transfer: Transfer,
    announced: str | None,
) -> dict[str, list[str]]:
    """Return what a killed reclaim was about to free; refuse where it may go on."""
    if announced is not None and there.get(RECLAIM) != announced:
        raise StoreLocked("Another clone took this reclaim over.", "Nothing is freed from here.")
    if RECLAIM not in there:
        return {}
    going = _read(repository, there, RECLAIM, decode_going)
    since = f"the reclaim that {going.by} began at {utc_text(going.at)}"
    if there[RECLAIM] == announced:
        return going.checkpoints
    if going.clone != read_clone(repository).identity and not choice.take_over:
        raise StoreLocked(
            f"Another clone is reclaiming there: {since}.",
            "Wait for it to end. If it was killed for certain: trainstore reclaim --remote --take-over",
        )
    transfer.on_step(f"going on with {since}, which did not end")
    return going.checkpoints


def _add_needs(repository: Repository, held: Holders, there: Mapping[str, str]) -> None:
    """Add what other clones said they need, each by its own name; what this one said, it knows better now."""
    clone = read_clone(repository)
    own = f"{NEEDS}{clone.identity}"
    for reference in there:
        if reference.startswith(NEEDS) and not (reference == own and there[own] in clone.told):
            needs = _read(repository, there, reference, decode_needs)
            holder = f"a clone of {needs.by} ({reference.removeprefix(NEEDS)})"
            for identity in needs.ids:
                held.ids.setdefault(identity, holder)


def _read(
    repository: Repository, there: Mapping[str, str], reference: str, decode: Callable[[bytes], _Note]
) -> _Note:
    try:
        return decode(read_blobs(repository.root, [there[reference]])[there[reference]])
    except InvalidRecord as error:
        raise UsageError(
            f"The note {reference} on the git remote cannot be read, so what it says is not known.",
            "A newer trainstore may have left it; nothing is freed meanwhile.",
        ) from error


def _plan(
    repository: Repository,
    held: Holders,
    remote: "DvcRemote",
    unfinished: Mapping[str, list[str]],
    request: ReclaimRequest,
    transfer: Transfer,
) -> tuple[ReclaimPlan, RemoteObjects]:
    from trainstore.store.checkpoints.dvc_cache import DvcCache

    past = read_past(repository, held, request.now)
    shelf = RemoteObjects(DvcCache(repository.root), remote, unfinished)
    left = {one.md5 for one in past.checkpoints if held.ids.get(one.md5) != HEAD}
    transfer.on_step(f"asking the DVC remote {remote.name!r} for what left the tree")
    shelf.look(left | unfinished.keys())
    gone = left & (shelf.found.keys() | shelf.set_aside.keys())
    if not gone:
        return ReclaimPlan(request), shelf
    shelf.read_lists({*why_needed(held, past), *held.ids, *past.data_ids, *gone})
    shelf.look({file for one in gone for file in _files(shelf, one)})
    return replace(plan_of(held, past, shelf, request), put_back=()), shelf


def _files(shelf: RemoteObjects, folder_id: str) -> frozenset[str]:
    try:
        return shelf.listed(folder_id) or frozenset()
    except CheckpointMissing:  # what keeps such a checkpoint is said in the plan
        return frozenset()
