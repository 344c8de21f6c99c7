"""What a prune is asked for, and its plan: what goes and what stays, with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from trainstore.retention.policies import Policies
from trainstore.store.index.entries import Version


@dataclass(frozen=True)
class PruneRequest:
    """What to prune.

    Attributes:
        policies: whose is whose; None adopts what was deleted by hand.
        now: Unix seconds; ages count from it, also where the plan is made again.
        function: the only one, as (data type, model name).
        data_type: the only one.
    """

    policies: Policies | None
    now: int
    function: tuple[str, str] | None = None
    data_type: str | None = None

    @property
    def covers_all(self) -> bool:
        """Whether every function is asked for."""
        return self.function is None and self.data_type is None

    def covers(self, version: Version) -> bool:
        """Tell whether a version's function is among those that were asked for."""
        return self.function in (None, (version.data_type, version.model_name)) and self.data_type in (
            None,
            version.data_type,
        )


class PruneItem(msgspec.Struct, frozen=True, gc=False):
    """A version that goes or stays.

    Attributes:
        version: None where the file at the path is no version that can be read.
        path: of its record; of its run.json where a run goes or stays by itself.
        runs: folders of the runs that go or stay with it.
        bytes: of their checkpoints, one that several runs share counted once.
    """

    version: Version | None
    path: str
    reason: str
    runs: tuple[str, ...] = ()
    bytes: int = 0


@dataclass(frozen=True)
class PrunePlan:
    """What goes and what stays.

    Attributes:
        head: the commit that it was made from; None on an unborn branch.
        policies: the policies at work, as sentences; ages as absolute moments, too.
        unmatched: names in trainstore.toml that no function or data type has.
        files: every path that leaves the tree: records, and all files of their runs.
        checkpoints: folder of a checkpoint that goes -> its md5.
        reclaimable_bytes: what a reclaim can free of these checkpoints once their period of grace is over; None where
            that is not known, as where a reclaim would refuse.
    """

    request: PruneRequest
    head: str | None
    removed: tuple[PruneItem, ...] = ()
    kept: tuple[PruneItem, ...] = ()
    policies: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    checkpoints: Mapping[str, str] = field(default_factory=dict)
    reclaimable_bytes: int | None = 0

    def removes_the_same(self, other: "PrunePlan") -> bool:
        """Tell whether two plans take the same things out, for the same reasons."""
        return (self.files, self.removed) == (other.files, other.removed)
