"""What came of records that were given."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from trainstore.documents.versions import VersionJson, of_version

if TYPE_CHECKING:
    from trainstore.workflows.save import SaveResult
    from trainstore.workflows.save_files import Rejected


class RejectedJson(TypedDict):
    """A file that is no record.

    Attributes:
        file: as it was named.
        reason: what is wrong with it.
    """

    file: str
    reason: str


class SavesJson(TypedDict):
    """What came of the records that were given.

    Attributes:
        saved: new versions.
        unchanged: versions that were there already.
        gone: versions that left the tree; an import does not bring them back, ``trainstore restore`` does.
        rejected: files that are no records; the command then exits with an error.
    """

    saved: list[VersionJson]
    unchanged: list[VersionJson]
    gone: list[VersionJson]
    rejected: list[RejectedJson]


def of_saves(result: "SaveResult", rejected: "Sequence[Rejected]" = ()) -> SavesJson:
    """What ``save`` and ``import`` print."""
    return {
        "saved": [of_version(version) for version in result.saved],
        "unchanged": [of_version(version) for version in result.unchanged],
        "gone": [of_version(version) for version in result.gone],
        "rejected": [{"file": one.file, "reason": one.error.message} for one in rejected],
    }
