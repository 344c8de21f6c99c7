"""What the pages of ``trainstore ui`` give as JSON and no command prints."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypedDict

from trainstore.documents.functions import FunctionsJson, of_functions
from trainstore.documents.history import DescentJson, EventJson, of_events, of_lineage
from trainstore.documents.runs import of_runs
from trainstore.documents.versions import ShownVersionJson, of_shown
from trainstore.errors import TrainstoreError
from trainstore.store.index.entries import Event, FunctionEntry, RunEntry, Version

if TYPE_CHECKING:
    from trainstore.documents.recorded import AnyRun
    from trainstore.records.run_record import RunRecord
    from trainstore.records.training_record import TrainingRecord
    from trainstore.workflows.lineage import Descent
    from trainstore.workflows.made_from import Change


class FunctionsPageJson(FunctionsJson):
    """A part of the functions.

    Attributes:
        functions: of this part, as it is sorted.
        total: how many there are on all parts.
    """

    total: int


class FunctionPageJson(TypedDict):
    """A function.

    Attributes:
        function: true name.
        versions: each after the one that it was made from.
        events: newest first.
    """

    function: str
    versions: list[DescentJson]
    events: list[EventJson]


class VersionPageJson(ShownVersionJson):
    """A version with its record, where it comes from, and its runs.

    Attributes:
        runs: oldest first.
    """

    runs: "list[AnyRun]"


class ErrorJson(TypedDict):
    """Why there is no such page, beside a status of 400 or more.

    Attributes:
        error: what is wrong.
        hint: what helps; may be empty.
    """

    error: str
    hint: str


def of_functions_page(entries: Sequence[FunctionEntry], total: int) -> FunctionsPageJson:
    """What ``/functions.json`` gives."""
    return {**of_functions(entries), "total": total}


def of_function_page(
    function: str, descents: "Sequence[Descent]", events: Sequence[Event]
) -> FunctionPageJson:
    """What ``/function.json`` gives."""
    return {"function": function, **of_lineage(descents), **of_events(events)}


def of_version_page(
    version: Version,
    record: "TrainingRecord",
    change: "Change",
    runs: "Iterable[tuple[RunEntry, RunRecord, Version | None]]",
) -> VersionPageJson:
    """What ``/version.json`` gives."""
    return {**of_shown(version, record, change), **of_runs(runs)}


def of_error(error: TrainstoreError) -> ErrorJson:
    """What an address gives that nothing is at."""
    return {"error": error.message, "hint": error.hint}
