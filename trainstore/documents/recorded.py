"""Documents that are a record of the store's with little more: their types are those of the records.

They are built of what a record encodes to, so nobody makes one of these; they tell which keys there are.
"""

from typing import Annotated, Any, Literal, TypeAlias

from trainstore.execution.outcome import Outcome
from trainstore.execution.verdict import VerdictName
from trainstore.records.run_parts import RecordedVersion
from trainstore.records.run_record import RunRecord
from trainstore.records.study import Figure, StudyHeader, Trial
from trainstore.workflows.tuning.studies import State


class RunJson(RunRecord, frozen=True, kw_only=True):
    """A run, as it is recorded.

    Attributes:
        action: what made it.
        version: ordinal of the version; null where a shallow clone does not know it.
        outcome: how it ended; but for ``succeeded`` the ``reason`` tells more.
        verdict: of a rerun (docs/reproducibility.md).
        commit: the one that recorded the run.
        record: the version as the run found it.
    """

    action: Literal["run", "rerun", "tune"]
    version: int | None  # type: ignore[assignment]
    outcome: Outcome
    verdict: VerdictName | None = None
    commit: str
    record: RecordedVersion


class TrialJson(Trial, frozen=True, kw_only=True, tag=False):
    """A point that was tried."""


class StudyJson(StudyHeader, frozen=True, kw_only=True, tag=False):
    """A search of a version's space, as it stands.

    Attributes:
        version: ordinal of the version; null where a shallow clone does not know it.
        record: the version as the study found it.
        state: ``unfinished`` where it was broken off and no run was kept; ``interrupted`` where its best so far was;
            ``exhausted`` where no point of the space is left.
        wanted: how many trials were asked for.
        tried: how many there were so far.
        figure: what the trials are judged by; where ``objective`` is null, the one that its first trial with a value had.
        trials: by number.
        best: the best of them; null where none succeeded.
        run_id: the run that the best trial was kept as.
        commit: the one that recorded this run.
        importances: the share of each hyperparameter in what made values differ; null where too little is known.
    """

    version: int | None  # type: ignore[assignment]
    record: RecordedVersion
    state: State
    wanted: int
    tried: int
    figure: Figure | None
    trials: list[TrialJson]  # type: ignore[assignment]
    best: TrialJson | None
    run_id: str | None
    commit: str | None
    importances: dict[str, float] | None


AnyRun: TypeAlias = Annotated[dict[str, Any], RunJson]
AnyStudy: TypeAlias = Annotated[dict[str, Any], StudyJson]
