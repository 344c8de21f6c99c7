"""What happened to functions: events, descents, and both together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from trainstore.documents.versions import VersionJson, of_version
from trainstore.store.index.entries import Event
from trainstore.wording.values import iso_time

if TYPE_CHECKING:
    from trainstore.workflows.lineage import Descent
    from trainstore.workflows.lineage_graph import Step


class WhenJson(TypedDict):
    """A moment.

    Attributes:
        unix: in Unix seconds.
        iso: ISO 8601, UTC.
    """

    unix: int
    iso: str


class EventJson(TypedDict):
    """A commit of trainstore's.

    Attributes:
        commit: id of the commit.
        action: ``init``, ``save``, ``generate``, ``run``, ``rerun``, ``tune``, ``rollback``, ``restore``, ``prune``,
            ``undo``, ``pin``, ``unpin`` or ``data``.
        function: true name of the function that it is about; null where it is about several or none.
        version: ordinal of the version that it is about.
        timestamp: of that version, in Unix seconds.
        confidence: of that version, from 0 to 1.
        api_model: the language model that wrote that version.
        run_id: of the run that it recorded.
        author: of the commit.
        subject: first line of its message.
        when: the moment of the commit.
    """

    commit: str
    action: str
    function: str | None
    version: int | None
    timestamp: int | None
    confidence: float | None
    api_model: str | None
    run_id: str | None
    author: str
    subject: str
    when: WhenJson


class EventsJson(TypedDict):
    """What happened to functions.

    Attributes:
        events: newest first.
    """

    events: list[EventJson]


class DescentJson(VersionJson):
    """A version, and where it comes from.

    Attributes:
        parent: the version that it was made from.
    """

    parent: VersionJson | None


class LineageJson(TypedDict):
    """Which version was made from which.

    Attributes:
        versions: each after the one that it was made from.
    """

    versions: list[DescentJson]


class StepJson(EventJson):
    """An event, and where it leads on from.

    Attributes:
        current: the version that was current after an event other than a save.
        made_from: the version that a saved one was made from.
        continues: commit of the older event, of those given, that this one continues from.
        summary: of a save: what changed since ``made_from``, in a line.
        score: that of the version's newest successful run, on the data that most runs of the function are on where there
            is one.
        runs: how many the version has in the tree.
    """

    current: VersionJson | None
    made_from: VersionJson | None
    continues: str | None
    summary: str | None
    score: float | None
    runs: int


class GraphJson(TypedDict):
    """How a function came about.

    Attributes:
        events: newest first.
    """

    events: list[StepJson]


def of_events(events: Sequence[Event]) -> EventsJson:
    """What ``history`` prints."""
    return {"events": [of_event(event) for event in events]}


def of_event(event: Event) -> EventJson:
    """An event as ``history`` prints it."""
    return {
        "commit": event.commit,
        "action": event.action,
        "function": f"{event.data_type}/{event.model_name}" if event.model_name else None,
        "version": event.ordinal,
        "timestamp": event.timestamp,
        "confidence": event.confidence,
        "api_model": event.api_model,
        "run_id": event.run_id,
        "author": event.author,
        "subject": event.subject,
        "when": {"unix": event.committed, "iso": iso_time(event.committed)},
    }


def of_lineage(descents: "Sequence[Descent]") -> LineageJson:
    """What ``history --tree`` prints."""
    return {
        "versions": [
            {**of_version(one.version), "parent": of_version(one.parent) if one.parent else None}
            for one in descents
        ]
    }


def of_graph(steps: "Sequence[Step]") -> GraphJson:
    """What ``history --graph`` prints."""
    return {"events": [_of_step(step) for step in steps]}


def _of_step(step: "Step") -> StepJson:
    version, made_from = step.version, step.made_from
    return {
        **of_event(step.event),
        "current": None if step.is_save or version is None else of_version(version),
        "made_from": of_version(made_from) if made_from else None,
        "continues": step.continues,
        "summary": step.summary or None,
        "score": step.run.score if step.run else None,
        "runs": step.runs,
    }
