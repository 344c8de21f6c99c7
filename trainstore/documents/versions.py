"""Versions, as most documents name them, and what shows one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from trainstore.store.index.entries import Version

if TYPE_CHECKING:
    from trainstore.records.training_record import TrainingRecord
    from trainstore.workflows.made_from import Change


class VersionJson(TypedDict):
    """One saved record of a function.

    Attributes:
        function: true name, ``data_type/model_name``.
        version: its ordinal, the 3 of ``NAME@3``.
        timestamp: when it was made, in Unix seconds; it names the version for good.
        commit: the one that saved it.
        path: of its record.
    """

    function: str
    version: int
    timestamp: int
    commit: str
    path: str


class ShownVersionJson(VersionJson):
    """A version with its record, and where it comes from.

    Attributes:
        record: the record as it was saved; docs/on-disk-format.md tells its keys.
        code_digest: of its training code.
        made_from: the version that a model improved, or else the one that was current when this one was saved.
        summary: what changed since that one, in a line.
    """

    record: Mapping[str, Any]
    code_digest: str
    made_from: VersionJson | None
    summary: str | None


class ReportJson(VersionJson):
    """The version that a page was written of.

    Attributes:
        file: the one that was written.
        bytes: its size.
    """

    file: str
    bytes: int


def of_version(version: Version) -> VersionJson:
    """A version, as most documents name it."""
    return {
        "function": version.function,
        "version": version.ordinal,
        "timestamp": version.timestamp,
        "commit": version.commit,
        "path": version.path,
    }


def of_shown(version: Version, record: "TrainingRecord", change: "Change") -> ShownVersionJson:
    """A version with its record, as ``show`` prints it."""
    return {
        "record": record.content,
        **of_version(version),
        "code_digest": record.code_digest,
        "made_from": of_version(change.made_from) if change.made_from else None,
        "summary": change.summary or None,
    }


def of_report(version: Version, file: str, size: int) -> ReportJson:
    """What ``report`` prints."""
    return {**of_version(version), "file": file, "bytes": size}
