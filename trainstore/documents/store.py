"""A store as a whole: how it was made, what it holds, what changes its tree."""

from typing import TYPE_CHECKING, Protocol, TypedDict

from trainstore.store.index.entries import Version

if TYPE_CHECKING:
    from trainstore.workflows.init import InitResult
    from trainstore.workflows.status import Status


class InitJson(TypedDict):
    """A store that was made or set up.

    Attributes:
        root: absolute path of its top.
        commit: the one that made it; null where there was nothing to add.
        identity: the name that commits will carry where git knows none for you; null where it does.
    """

    root: str
    commit: str | None
    identity: str | None


class StatusJson(TypedDict):
    """What the store holds, and what was changed by hand.

    Attributes:
        root: absolute path of its top.
        branch: full name of the branch; null for a detached HEAD.
        commit: of HEAD; null before the first one.
        functions: how many have a version in the tree.
        versions: how many are in the tree.
        runs: how many are in the tree.
        new: paths of records that were not saved yet.
        changed: paths of records that were edited.
        deleted: paths of records that were deleted.
        missing_checkpoints: paths of checkpoints that are not in the work tree.
    """

    root: str
    branch: str | None
    commit: str | None
    functions: int
    versions: int
    runs: int
    new: list[str]
    changed: list[str]
    deleted: list[str]
    missing_checkpoints: list[str]


class TreeChangeJson(TypedDict):
    """What came into the tree and what left it.

    Attributes:
        commit: the one that did it; null where there was nothing to do.
        function: true name of the function; null where it has no version left, or the change was about none.
        current: ordinal of the version that is current now.
        added: paths of files that came.
        removed: paths of files that went.
    """

    commit: str | None
    function: str | None
    current: int | None
    added: list[str]
    removed: list[str]


class PageAddressJson(TypedDict):
    """Where the pages are. It is printed once they can be opened; the command goes on.

    Attributes:
        url: address of the first page.
    """

    url: str


class TreeChange(Protocol):
    """What a workflow that changes the tree returns."""

    @property
    def commit(self) -> str | None:
        """The commit it made, if any."""

    @property
    def added(self) -> tuple[str, ...]:
        """Paths that came."""

    @property
    def removed(self) -> tuple[str, ...]:
        """Paths that went."""


def of_init(result: "InitResult") -> InitJson:
    """What ``init`` prints."""
    return {"root": str(result.root), "commit": result.commit, "identity": result.identity}


def of_status(status: "Status") -> StatusJson:
    """What ``status`` prints."""
    return {
        "root": str(status.root),
        "branch": status.branch,
        "commit": status.commit,
        "functions": status.functions,
        "versions": status.versions,
        "runs": status.runs,
        "new": list(status.pending.new),
        "changed": list(status.pending.changed),
        "deleted": list(status.pending.deleted),
        "missing_checkpoints": list(status.missing_checkpoints),
    }


def of_tree_change(change: TreeChange, current: Version | None) -> TreeChangeJson:
    """What ``rollback``, ``restore`` and ``undo`` print."""
    return {
        "commit": change.commit,
        "function": current.function if current else None,
        "current": current.ordinal if current else None,
        "added": list(change.added),
        "removed": list(change.removed),
    }


def of_page_address(url: str) -> PageAddressJson:
    """What ``ui`` prints."""
    return {"url": url}
