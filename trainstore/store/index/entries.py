"""What the index answers with: versions, runs, events and functions. Plain data, cheap to make by the thousand."""

from typing import Any, NamedTuple


class Version(NamedTuple):
    """One saved record.

    Attributes:
        ordinal: its place among all versions of its function, from 1.
        present: whether it stands in HEAD's tree; a pruned one does not.
        commit: full id of the commit that saved it.
    """

    path: str
    folder: str
    model_name: str
    data_type: str
    timestamp: int
    code_digest: str
    space_digest: str
    confidence: float | None
    api_model: str | None
    parameters: tuple[str, ...]
    commit: str
    present: bool
    ordinal: int

    @property
    def function(self) -> str:
        """The name of its function."""
        return f"{self.data_type}/{self.model_name}"

    def __str__(self) -> str:
        return f"{self.function}@{self.ordinal}"


class RunEntry(NamedTuple):
    """What the index knows of a run; run.json has the rest.

    Attributes:
        folder: relative to the store.
        claim: whether the function's own figure was ``reproduced`` or ``not reproduced``; None where it gave none.
    """

    run_id: str
    folder: str
    version_path: str
    action: str
    outcome: str
    device: str | None
    score: float | None
    data_digest: str | None
    rerun_of: str | None
    verdict: str | None
    claim: str | None
    committed: int
    commit: str
    present: bool


class Event(NamedTuple):
    """One commit of trainstore's in HEAD's history."""

    commit: str
    committed: int
    author: str
    subject: str
    action: str
    model_name: str | None
    data_type: str | None
    timestamp: int | None
    confidence: float | None
    api_model: str | None
    run_id: str | None
    ordinal: int | None


class EventFilter(NamedTuple):
    """Which events to return; each field that is given narrows.

    Attributes:
        author: a part of the name, in any case of ASCII letters.
        since: Unix seconds of the first commit time that counts.
        until: Unix seconds of the last.
    """

    action: str | None = None
    api_model: str | None = None
    author: str | None = None
    since: float | None = None
    until: float | None = None
    min_confidence: float | None = None

    def conditions(self) -> tuple[list[str], list[Any]]:
        """Return SQL conditions on an event ``e``, and their values."""
        given = {
            "e.action = ?": self.action,
            "e.api_model = ?": self.api_model,
            "instr(lower(e.author), lower(?))": self.author,
            "e.committed >= ?": self.since,
            "e.committed <= ?": self.until,
            "e.confidence >= ?": self.min_confidence,
        }
        chosen = {condition: value for condition, value in given.items() if value is not None}
        return list(chosen), list(chosen.values())


class FunctionEntry(NamedTuple):
    """A function by its current version, with how many versions and runs the tree holds."""

    current: Version
    versions: int
    runs: int
