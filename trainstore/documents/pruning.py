"""What a prune takes out of the tree."""

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from trainstore.workflows.pruning.prune import PruneResult
    from trainstore.workflows.pruning.prune_plan import PruneItem, PrunePlan


class PrunedJson(TypedDict):
    """A version that goes or stays.

    Attributes:
        function: true name; null where the file at the path cannot be read.
        version: its ordinal; null likewise.
        path: of its record; of its run.json where a run goes or stays by itself.
        reason: why it goes or stays.
        bytes: of the checkpoints of its runs.
    """

    function: str | None
    version: int | None
    path: str
    reason: str
    bytes: int


class PruneJson(TypedDict):
    """What goes and what stays.

    Attributes:
        dry_run: whether nothing was done.
        policies: the policies at work, as sentences.
        removed: what goes.
        kept: what stays.
        reclaimable_bytes: what ``trainstore reclaim`` can free of the checkpoints that go, when their period of grace is
            over; null where a reclaim would refuse.
        reclaimed_bytes: 0: a prune alone frees none.
        commit: the one that did it; null in a dry run, and where there was nothing to remove.
    """

    dry_run: bool
    policies: list[str]
    removed: list[PrunedJson]
    kept: list[PrunedJson]
    reclaimable_bytes: int | None
    reclaimed_bytes: int
    commit: str | None


def of_prune(plan: "PrunePlan", result: "PruneResult | None") -> PruneJson:
    """What ``prune`` prints; without a result it was a dry run."""
    done = result.plan if result else plan
    return {
        "dry_run": result is None,
        "policies": list(done.policies),
        "removed": [_of_item(item) for item in done.removed],
        "kept": [_of_item(item) for item in done.kept],
        "reclaimable_bytes": done.reclaimable_bytes,
        "reclaimed_bytes": 0,
        "commit": result.commit if result else None,
    }


def _of_item(item: "PruneItem") -> PrunedJson:
    version = item.version
    return {
        "function": version.function if version else None,
        "version": version.ordinal if version else None,
        "path": item.path,
        "reason": item.reason,
        "bytes": item.bytes,
    }
