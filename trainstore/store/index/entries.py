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
        study_id: of the study that it was the best of.
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
    study_id: str | None
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
        runs: False for what changed versions alone: no runs, pins or data sets.
    """

    action: str | None = None
    api_model: str | None = None
    author: str | None = None
    since: float | None = None
    until: float | None = None
    min_confidence: float | None = None
    runs: bool = True

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
        without_runs = [] if self.runs else [f"e.action NOT IN ({_NO_CHANGE})"]
        return [*chosen, *without_runs], list(chosen.values())


_NO_CHANGE = "'run', 'rerun', 'tune', 'pin', 'unpin', 'data'"


class FunctionEntry(NamedTuple):
    """A function by its current version, with what the tree holds of it.

    Attributes:
        versions: how many.
        runs: how many, of all versions.
        score: of the newest run that has one: accuracy or r2.
        best_score: of all runs on the same data.
        scores: of the newest of them, oldest first.
    """

    current: Version
    versions: int
    runs: int
    score: float | None
    best_score: float | None
    scores: tuple[float, ...]


class FunctionFilter(NamedTuple):
    """Which functions to return; each field that is given narrows.

    Attributes:
        text: a part of the name, of the language model's, or of a hyperparameter's, in any case of ASCII letters.
        since: Unix seconds of the earliest current version that counts.
    """

    text: str | None = None
    data_type: str | None = None
    min_confidence: float | None = None
    min_score: float | None = None
    since: float | None = None

    def conditions(self) -> tuple[list[str], list[Any]]:
        """Return SQL conditions on a function, and their values."""
        given = {
            "instr(words, lower(?))": self.text,
            "data_type = ?": self.data_type,
            "confidence >= ?": self.min_confidence,
            "score >= ?": self.min_score,
            "timestamp >= ?": self.since,
        }
        chosen = {condition: value for condition, value in given.items() if value is not None}
        return list(chosen), list(chosen.values())


ORDERS = {
    "function": "data_type",
    "name": "model_name",
    "saved": "timestamp",
    "confidence": "confidence",
    "score": "score",
    "best": "best_score",
    "versions": "versions",
    "runs": "runs",
}


class FunctionOrder(NamedTuple):
    """How functions are sorted: ``by`` a key of `ORDERS`, those of which it is not known at the end.

    By ``function`` is by its whole name, as lines of text have it; by ``name`` is by the model's alone.
    """

    by: str = "function"
    descending: bool = False

    def columns(self) -> str:
        """Return SQL columns to order by."""
        way = " DESC" if self.descending else ""
        column = ORDERS[self.by]
        unknown_last = f"{column} IS NULL, " if column in ("confidence", "score", "best_score") else ""
        ties = "".join(f", {tie}" for tie in ("model_name", "data_type") if tie != column)
        return f"{unknown_last}{column}{way}{ties}"
