"""What a prune may not take out."""

from typing import TYPE_CHECKING, TypedDict

from trainstore.documents.versions import VersionJson, of_version

if TYPE_CHECKING:
    from trainstore.workflows.pin import PinResult


class PinnedJson(TypedDict):
    """The version that no prune takes out.

    Attributes:
        commit: the one that pinned it; null where it was pinned already.
        pinned: the version.
    """

    commit: str | None
    pinned: VersionJson


class UnpinnedJson(TypedDict):
    """The version that a prune may take out again.

    Attributes:
        commit: the one that unpinned it; null where it was not pinned.
        unpinned: the version.
    """

    commit: str | None
    unpinned: VersionJson


def of_pin(result: "PinResult") -> PinnedJson:
    """What ``pin`` prints."""
    return {"commit": result.commit, "pinned": of_version(result.version)}


def of_unpin(result: "PinResult") -> UnpinnedJson:
    """What ``unpin`` prints."""
    return {"commit": result.commit, "unpinned": of_version(result.version)}
