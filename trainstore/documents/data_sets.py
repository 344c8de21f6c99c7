"""Data: what it is like, and what has a name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from trainstore.records.run_parts import RecordedPin

if TYPE_CHECKING:
    from trainstore.records.datasets import PinnedFile
    from trainstore.workflows.data_sets import AddedData


class AddedDataJson(RecordedPin):
    """A data set that got a name.

    Attributes:
        digest: of all its arrays, as runs record it.
    """

    digest: str


class DataAddedJson(TypedDict):
    """What has a name now.

    Attributes:
        commit: the one that gave it; null where it was there already.
        added: the data set.
    """

    commit: str | None
    added: AddedDataJson


class DataSetsJson(TypedDict):
    """Data sets that have a name.

    Attributes:
        data: by name.
    """

    data: list[RecordedPin]


class DataRemovedJson(TypedDict):
    """A name that is gone.

    Attributes:
        commit: the one that took it away.
        removed: the name.
    """

    commit: str
    removed: str


class DataProfileJson(TypedDict):
    """What data is like.

    Attributes:
        data_profile: as a record has it; docs/on-disk-format.md tells its keys.
    """

    data_profile: dict[str, Any]


def of_added(added: "AddedData") -> DataAddedJson:
    """What ``data add`` prints."""
    return {"commit": added.commit, "added": {**added.pinned.recorded, "digest": added.dataset.digest}}


def of_data_sets(found: "Sequence[PinnedFile]") -> DataSetsJson:
    """What ``data list`` prints."""
    return {"data": [pinned.recorded for pinned in found]}


def of_removed(commit: str, name: str) -> DataRemovedJson:
    """What ``data remove`` prints."""
    return {"commit": commit, "removed": name}


def of_profile(described: dict[str, Any]) -> DataProfileJson:
    """What ``profile`` prints."""
    return {"data_profile": described}
