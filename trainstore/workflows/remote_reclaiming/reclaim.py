"""Carrying out the plan of a reclaim on a DVC remote: announced first, planned once more, and only then done."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainstore.disk_format.dvc_files import is_folder_id
from trainstore.disk_format.remote_notes import RECLAIM, Going, encode_note
from trainstore.errors import StoreLocked, TrainstoreError
from trainstore.store.checkpoints.cache_lock import remotes_to_itself
from trainstore.store.checkpoints.reclaimed import note_reclaimed
from trainstore.store.git.clone_identity import read_clone
from trainstore.store.git.remote_notes import Note, keep_blob, list_there, write_notes
from trainstore.store.git.repository import Repository
from trainstore.workflows.reclaiming.reclaim_plan import ReclaimResult
from trainstore.workflows.remote_reclaiming.make_plan import RemotePlan, plan_there
from trainstore.workflows.sharing.agreement import RECLAIMING, Agreement, leave_mark, name_of
from trainstore.workflows.transfers.progress import Transfer
from trainstore.workflows.transfers.send import each_at_once

if TYPE_CHECKING:
    from trainstore.store.remotes.dvc_remote import DvcRemote

_BETWEEN_LOOKS = 100


@dataclass(frozen=True)
class RemoteResult:
    """What a reclaim on a DVC remote did, and the plan that it did; or, where that changed, the one to be shown first."""

    there: RemotePlan
    result: ReclaimResult


def reclaim_there(
    repository: Repository, shown: RemotePlan, transfer: Transfer | None = None, wait_seconds: float = 60.0
) -> RemoteResult:
    """Free what a plan says on a DVC remote, and nothing else.

    What goes is announced on the git remote, where only one may do so at a time; then all that may need it is looked at
    once more. Where other things would go than was shown, nothing is done. What a kill leaves undone, the next reclaim goes on with.

    Writes: objects of the DVC remote go; notes there and on the git remote while it lasts; the list of what was reclaimed.

    Raises:
        StoreLocked: another reclaim goes on, or began meanwhile.
        UsageError, GitFailed: as for `plan_there`.
        RemoteFailed: a remote cannot be reached, or refuses.
    """
    from trainstore.store.remotes.dvc_remote import DvcRemote

    transfer = transfer or Transfer()
    if not shown.plan.objects and shown.announced is None:
        return RemoteResult(shown, ReclaimResult(shown.plan))
    with remotes_to_itself(repository, wait_seconds):
        agreement = Agreement(repository, shown.git_remote)
        agreement.tell(None)
        remote, store = DvcRemote(repository.root, shown.dvc_remote), min(agreement.stores)
        announced = _Announcement(repository, shown, remote, store)
        try:
            leave_mark(remote, agreement.stores)
            remote.leave_note(RECLAIMING, store)
            again = plan_there(repository, shown.plan.request, shown.choice, transfer, announced.value)
            if not again.plan.removes_the_same(shown.plan):
                announced.withdraw(again.unfinished)
                return RemoteResult(again, ReclaimResult(again.plan, changed=True))
        except BaseException:
            with suppress(TrainstoreError):  # the next reclaim of this clone takes it away
                announced.withdraw(shown.unfinished)
            raise
        freed = _free(repository, again, remote, announced, transfer)
        announced.withdraw({})
    return RemoteResult(again, ReclaimResult(again.plan, freed))


class _Announcement:
    """The note on the git remote that says what goes. While it is there, nobody else reclaims, and no push relies on it.

    Args:
        repository: the store.
        shown: the plan; what an earlier reclaim left undone is announced on.
        remote: the DVC remote, where a note keeps stores of other git remotes from beginning to rely on what goes.
        store: the git remote's id there.

    Raises:
        StoreLocked: another reclaim began meanwhile.
    """

    def __init__(self, repository: Repository, shown: RemotePlan, remote: "DvcRemote", store: str) -> None:
        self._repository, self._remote, self._store = repository, remote, store
        self._shown = shown
        self.value = self._keep({**shown.unfinished, **shown.checkpoints})
        self._replace(shown.announced, self.value)

    def require(self) -> None:
        """See that nobody took it over, who then takes this reclaim for a dead one. Raises StoreLocked."""
        if list_there(self._repository, self._shown.git_remote).get(RECLAIM) != self.value:
            raise StoreLocked("Another clone took this reclaim over.", "Nothing more is freed from here.")

    def withdraw(self, unfinished: Mapping[str, frozenset[str]]) -> None:
        """Take it back but for what was begun. Raises StoreLocked, RemoteFailed."""
        if not unfinished:
            self._remote.take_note(RECLAIMING, self._store)
        self._replace(self.value, self._keep(unfinished) if unfinished else None)

    def _keep(self, checkpoints: Mapping[str, Iterable[str]]) -> str:
        listed = {one: sorted(ids) for one, ids in sorted(checkpoints.items())}
        clone, now = read_clone(self._repository).identity, self._shown.plan.request.now
        return keep_blob(self._repository, encode_note(Going(clone, name_of(self._repository), now, listed)))

    def _replace(self, old: str | None, new: str | None) -> None:
        if not write_notes(self._repository, self._shown.git_remote, [Note(RECLAIM, old, new)]):
            raise StoreLocked("Another clone began to reclaim meanwhile.", "Wait for it to end.")


def _free(
    repository: Repository,
    there: RemotePlan,
    remote: "DvcRemote",
    announced: _Announcement,
    transfer: Transfer,
) -> int:
    """Remove objects, lists of files first: who looks at a list takes what it names for present."""
    objects = there.plan.objects
    lists = [one for one in objects if is_folder_id(one)]
    note_reclaimed(repository, lists, there.plan.request.now)
    if objects:
        counted = f"{len(objects)} object{'s' if len(objects) > 1 else ''}"
        transfer.on_step(f"freeing {counted} on the DVC remote {remote.name!r}")
    freed = []

    def remove(identity: str) -> None:
        if remote.remove(identity):
            freed.append(there.sizes.get(identity, 0))

    for some in (lists, [one for one in objects if not is_folder_id(one)]):
        for batch in _batches(some):
            announced.require()
            each_at_once(remove, batch)
    return sum(freed)


def _batches(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + _BETWEEN_LOOKS] for start in range(0, len(ids), _BETWEEN_LOOKS)]
