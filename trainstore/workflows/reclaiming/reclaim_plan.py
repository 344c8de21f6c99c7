"""What a reclaim is asked for, and its plan: which checkpoints are freed and which stay, with reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from trainstore.workflows.reclaiming.past_checkpoints import PastCheckpoint

GRACE_SECONDS = 14 * 24 * 3600


@dataclass(frozen=True)
class ReclaimRequest:
    """What to reclaim.

    Attributes:
        now: Unix seconds; the period of grace is counted from it, also where the plan is made again.
        grace_s: how long ago a checkpoint must have left the tree, in seconds.
    """

    now: int
    grace_s: int = GRACE_SECONDS


@dataclass(frozen=True)
class ReclaimItem:
    """A checkpoint that is freed or stays.

    Attributes:
        bytes: what freeing it gives back; what another one in the plan takes along is counted there. Of one that
            stays, of all its files.
        reason: why it stays; empty where it goes.
        may_go_at: when its period of grace ends, in Unix seconds, where that alone keeps it; else None.
    """

    checkpoint: PastCheckpoint
    bytes: int
    reason: str = ""
    may_go_at: int | None = None


class LeftFolder(NamedTuple):
    """A folder that a stopped run left in a work tree, of which the cache holds every byte.

    Attributes:
        root: top of the work tree.
        folder: of the checkpoint, relative to it.
        md5: id of the checkpoint.
    """

    root: Path
    folder: str
    md5: str

    @property
    def place(self) -> Path:
        """Where it is."""
        return self.root / self.folder


@dataclass(frozen=True)
class ReclaimPlan:
    """What goes and what stays, of the checkpoints in the cache that left the tree.

    Attributes:
        objects: ids of the objects that go: of lists of files, and of files.
        put_back: lists of files that a reclaim, which did not end, had set aside, and that are needed again.
        reclaimable_bytes: what the disk has back from the objects that go.
        folders: what stopped runs left in work trees, of checkpoints that do not stay; these go, too.
        notes: of stopped runs, that have nothing to tell once the plan is carried out.
    """

    request: ReclaimRequest
    removed: tuple[ReclaimItem, ...] = ()
    kept: tuple[ReclaimItem, ...] = ()
    objects: tuple[str, ...] = ()
    put_back: tuple[str, ...] = ()
    reclaimable_bytes: int = 0
    folders: Sequence[LeftFolder] = ()
    notes: Sequence[Path] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.objects or self.put_back or self.folders or self.notes)

    def removes_the_same(self, other: "ReclaimPlan") -> bool:
        """Tell whether two plans free the same."""
        return (self.objects, self.reclaimable_bytes) == (other.objects, other.reclaimable_bytes)


@dataclass(frozen=True)
class ReclaimResult:
    """What a reclaim did.

    Attributes:
        plan: the one that was carried out; where ``changed``, another that is to be shown first.
        reclaimed_bytes: what the disk has back.
        changed: whether the store had changed so that other things would go; then nothing was done.
    """

    plan: ReclaimPlan
    reclaimed_bytes: int = 0
    changed: bool = False
