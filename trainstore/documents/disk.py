"""What checkpoints take of the disk, and what a reclaim gives back."""

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from trainstore.workflows.reclaiming.disk_use import DiskUse, Share
    from trainstore.workflows.reclaiming.reclaim_plan import ReclaimItem, ReclaimPlan, ReclaimResult


class LeftJson(TypedDict):
    """A checkpoint that left the tree and is in the cache still.

    Attributes:
        md5: id of its list of files.
        bytes: what freeing it gives back, so that those of several add up: a file that they share counts once. Of one
            that stays, of all its files.
        function: true name.
        version: ordinal of the version that was run.
        run_id: the run that left last.
        runs: all runs that made these very bytes.
        pruned_at: when it left, in Unix seconds; where it never was in a tree, when it was added.
        pruned_by: the action, such as ``prune`` or ``rollback``; null for plain git; ``stopped`` where its run was stopped
            before its commit.
        reason: why it stays; null where it goes.
        may_go_at: when its period of grace ends, in Unix seconds, where that alone keeps it.
    """

    md5: str
    bytes: int
    function: str | None
    version: int | None
    run_id: str
    runs: list[str]
    pruned_at: int
    pruned_by: str | None
    reason: str | None
    may_go_at: int | None


class ReclaimJson(TypedDict):
    """What is freed, and what stays.

    Attributes:
        dry_run: whether nothing was done.
        dvc_remote: name of the DVC remote with ``--remote``; null where the cache was looked at.
        removed: what goes.
        kept: what stays.
        reclaimable_bytes: what going frees.
        reclaimed_bytes: what it freed; 0 in a dry run.
    """

    dry_run: bool
    dvc_remote: str | None
    removed: list[LeftJson]
    kept: list[LeftJson]
    reclaimable_bytes: int
    reclaimed_bytes: int


class ShareJson(TypedDict):
    """What checkpoints take of the cache.

    Attributes:
        checkpoints: how many runs have one in the tree.
        unique_bytes: what nothing else in the tree points to.
        shared_bytes: what others in the tree point to as well.
        missing: how many of the checkpoints are not whole in the cache.
    """

    checkpoints: int
    unique_bytes: int
    shared_bytes: int
    missing: int


class FunctionShareJson(ShareJson):
    """What a function's checkpoints take.

    Attributes:
        function: true name.
    """

    function: str


class RunShareJson(ShareJson):
    """What a run's checkpoint takes.

    Attributes:
        run_id: of the run.
        function: true name.
        version: ordinal of the version; null where it is not known.
    """

    run_id: str
    function: str
    version: int | None


class TotalsJson(TypedDict):
    """What takes room on the disk. The cache holds the four that follow it.

    Attributes:
        cache_bytes: of DVC's cache.
        kept_bytes: of checkpoints in the tree.
        data_bytes: of data sets in the tree.
        left_bytes: of checkpoints that left the tree.
        other_bytes: of other branches, or not trainstore's.
        git_bytes: of git's objects.
        index_bytes: of trainstore's index.
    """

    cache_bytes: int
    kept_bytes: int
    data_bytes: int
    left_bytes: int
    other_bytes: int
    git_bytes: int
    index_bytes: int


class DiskUseJson(TypedDict):
    """What uses the disk.

    Attributes:
        functions: those that have a checkpoint in the tree; with ``NAME`` that one alone.
        runs: those that have a checkpoint in the tree; with ``NAME`` those of this function.
        left: checkpoints that left the tree; null where a reclaim would refuse.
        reclaimable_bytes: what ``trainstore reclaim`` would free now; null likewise.
        totals: all that takes room.
    """

    functions: list[FunctionShareJson]
    runs: list[RunShareJson]
    left: list[LeftJson] | None
    reclaimable_bytes: int | None
    totals: TotalsJson


def of_reclaim(
    plan: "ReclaimPlan", result: "ReclaimResult | None", dvc_remote: str | None = None
) -> ReclaimJson:
    """What ``reclaim`` prints; without a result it was a dry run, without a remote it is of the cache."""
    done = result.plan if result else plan
    return {
        "dry_run": result is None,
        "dvc_remote": dvc_remote,
        "removed": [_of_left(item) for item in done.removed],
        "kept": [_of_left(item) for item in done.kept],
        "reclaimable_bytes": done.reclaimable_bytes,
        "reclaimed_bytes": result.reclaimed_bytes if result else 0,
    }


def of_disk_use(use: "DiskUse") -> DiskUseJson:
    """What ``du`` prints."""
    plan = use.plan
    return {
        "functions": [{"function": name, **_of_share(share)} for name, share in use.functions.items()],
        "runs": [
            {
                "run_id": run.run_id,
                "function": run.function,
                "version": run.version.ordinal if run.version else None,
                **_of_share(run.share),
            }
            for run in use.runs
        ],
        "left": [_of_left(item) for item in (*plan.removed, *plan.kept)] if plan else None,
        "reclaimable_bytes": plan.reclaimable_bytes if plan else None,
        "totals": {
            "cache_bytes": use.cache,
            "kept_bytes": use.kept,
            "data_bytes": use.data,
            "left_bytes": use.left,
            "other_bytes": use.other,
            "git_bytes": use.git,
            "index_bytes": use.index,
        },
    }


def _of_share(share: "Share") -> ShareJson:
    return {
        "checkpoints": share.runs,
        "unique_bytes": share.unique,
        "shared_bytes": share.shared,
        "missing": share.missing,
    }


def _of_left(item: "ReclaimItem") -> LeftJson:
    checkpoint = item.checkpoint
    return {
        "md5": checkpoint.md5,
        "bytes": item.bytes,
        "function": checkpoint.function,
        "version": checkpoint.version.ordinal if checkpoint.version else None,
        "run_id": checkpoint.run_id,
        "runs": [folder.rpartition("/")[2] for folder in checkpoint.folders],
        "pruned_at": checkpoint.left_at,
        "pruned_by": checkpoint.left_by,
        "reason": item.reason or None,
        "may_go_at": item.may_go_at,
    }
