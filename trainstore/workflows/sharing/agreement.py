"""What clones tell one another on the git remote, so that none frees on the DVC remote what another one needs.

Whoever relies on objects says so first and looks for a reclaim then; whoever reclaims says so first and looks for needs
then. Of two who do this at once, at least one sees the other (Dekker's order).
"""

import secrets
import time
from collections.abc import Set
from typing import TYPE_CHECKING

from trainstore.disk_format.moments import utc_text
from trainstore.disk_format.remote_notes import NEEDS, RECLAIM, STORES, Needs, decode_going, encode_note
from trainstore.errors import RemoteFailed, StoreLocked
from trainstore.store.git.clone_identity import another_clone, read_clone, remember_told
from trainstore.store.git.remote_notes import Note, is_refusal, keep_blob, list_there, read_note, write_notes
from trainstore.store.git.repository import Repository
from trainstore.store.git.write import read_identity
from trainstore.workflows.transfers.progress import Transfer

if TYPE_CHECKING:
    from trainstore.store.remotes.dvc_remote import DvcRemote

MARKS = "stores"
RECLAIMING = "reclaiming"
_TRIES = 3
_POLL_SECONDS = 1.0


class Agreement:
    """What is told on a git remote, as of when this was made, and what this clone tells there.

    Args:
        repository: the store.
        remote: the git remote's name.

    Raises:
        RemoteFailed: it cannot be reached, or refuses.
    """

    def __init__(self, repository: Repository, remote: str) -> None:
        self._repository = repository
        self._remote = remote
        self._clone = read_clone(repository)
        self._is_refused = False
        self.there = list_there(repository, remote)

    @property
    def stores(self) -> frozenset[str]:
        """The ids by which a DVC remote knows this git remote; where that keeps no notes, the one of this clone alone."""
        found = frozenset(one.removeprefix(STORES) for one in self.there if one.startswith(STORES))
        return found if found and not self._is_refused else frozenset({self._clone.identity})

    def tell(self, needs: Set[str] | None, *, may_be_refused: bool = False) -> None:
        """Say what this clone needs, in place of what it said before; and give the git remote an id. Writes: references there.

        Args:
            needs: ids of objects; None leaves what it said before.
            may_be_refused: go on where the git remote takes no notes; `stores` is then what makes every reclaim refuse.

        Raises:
            RemoteFailed: it cannot be reached, or refuses.
            StoreLocked: others write there all the time.
        """
        for _ in range(_TRIES):
            notes = self._notes(needs)
            try:
                written = write_notes(self._repository, self._remote, notes)
            except RemoteFailed as error:
                if not (may_be_refused and is_refusal(error)):
                    raise
                self._is_refused = True
                return
            if written:
                self._remember(notes)
                return
            self.there = list_there(self._repository, self._remote)
            if self.there.get(self._place) not in (None, *self._clone.told):
                self._clone = another_clone(self._repository)
        raise StoreLocked(f"Others write to the git remote {self._remote!r} all the time.", "Try again.")

    def beside(self, needs: Set[str]) -> list[str]:
        """Return what a push is to change beside its branch, so that this clone says that it needs this from then on."""
        if self._is_refused:
            return []
        return [word for note in self._notes(needs) if note.old != note.new for word in note.arguments()]

    def wait_for_reclaims(self, relied_on: Set[str], transfer: Transfer, wait_seconds: float) -> None:
        """Return when no reclaim is about to free what is relied on, which was told before.

        Raises:
            StoreLocked: one did not end in time.
            RemoteFailed: the git remote cannot be reached, or refuses.
            InvalidRecord: what is about to go cannot be read.
        """
        deadline, told = time.monotonic() + wait_seconds, False
        while not self._is_refused:
            found = read_note(self._repository, self._remote, RECLAIM)
            if found is None:
                return
            going = decode_going(found[1])
            if going.ids.isdisjoint(relied_on):
                return
            if time.monotonic() > deadline:
                raise StoreLocked(
                    f"A reclaim that {going.by} began at {utc_text(going.at)} is about to free what this push needs.",
                    "Push again when it has ended. If it was killed, the next one in that clone ends it, or from "
                    "here: trainstore reclaim --remote --take-over",
                )
            if not told:
                transfer.on_step(f"waiting for the reclaim that {going.by} began at {utc_text(going.at)}")
                told = True
            time.sleep(_POLL_SECONDS)

    @property
    def _place(self) -> str:
        return f"{NEEDS}{self._clone.identity}"

    def _notes(self, needs: Set[str] | None) -> list[Note]:
        """Return the changes that tell needs; none of them is to be lost, so they are remembered before they are made."""
        if self.there.get(self._place) not in (None, *self._clone.told):  # a copy of this clone told it
            self._clone = another_clone(self._repository)
        old = new = self.there.get(self._place)
        if needs is not None:
            new = None
        if needs:
            content = encode_note(Needs(name_of(self._repository), sorted(needs)))
            new = keep_blob(self._repository, content)
            remember_told(self._repository, self._clone, new)
            self._clone = read_clone(self._repository)
        notes = [Note(self._place, old, new)]
        if not any(one.startswith(STORES) for one in self.there):
            notes.append(Note(f"{STORES}{secrets.token_hex(8)}", None, keep_blob(self._repository, b"")))
        return notes

    def _remember(self, notes: list[Note]) -> None:
        for note in notes:
            if note.new is None:
                self.there.pop(note.reference, None)
            else:
                self.there[note.reference] = note.new


def name_of(repository: Repository) -> str:
    """Return the name by which this clone's user commits."""
    return read_identity(repository).committer.partition(" <")[0]


def leave_mark(remote: "DvcRemote", stores: frozenset[str]) -> None:
    """See to it that a DVC remote knows that this git remote's stores use it. Writes: an empty file there, once.

    Args:
        remote: the DVC remote.
        stores: ids of the git remote.

    Raises:
        StoreLocked: another git remote's store reclaims there, which did not see this mark.
        RemoteFailed: it cannot be reached, or refuses.
    """
    if stores.isdisjoint(remote.notes(MARKS)):
        remote.leave_note(MARKS, min(stores))
    if remote.notes(RECLAIMING) - stores:
        raise StoreLocked(
            f"Another store that shares the DVC remote {remote.name!r} is freeing space there.",
            "Try again when it has ended.",
        )
