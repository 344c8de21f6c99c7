"""Studies, the searches of a version's space."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypedDict

from trainstore.store.index.entries import Version

if TYPE_CHECKING:
    from trainstore.documents.recorded import AnyStudy
    from trainstore.records.study import Trial
    from trainstore.workflows.tuning.studies import StudyEntry


class StudiesJson(TypedDict):
    """Studies of the store.

    Attributes:
        studies: oldest first.
    """

    studies: "list[AnyStudy]"


def of_studies(studies: "Iterable[tuple[StudyEntry, Version | None]]") -> StudiesJson:
    """What ``studies`` prints."""
    return {"studies": [of_study(study, version) for study, version in studies]}


def of_study(study: "StudyEntry", version: Version | None) -> "AnyStudy":
    """A study as ``tune`` and ``studies`` print it."""
    import msgspec

    fields: dict[str, Any] = msgspec.to_builtins(study.header)
    trials: list[dict[str, Any]] = [_of_trial(trial) for trial in study.trials]
    return {
        **{name: value for name, value in fields.items() if name not in ("line", "trials")},
        "version": version.ordinal if version else None,
        "record": fields["version"],
        "state": study.state,
        "wanted": study.header.trials,
        "tried": len(trials),
        "figure": msgspec.to_builtins(study.figure),
        "trials": trials,
        "best": _of_trial(study.best) if study.best else None,
        "run_id": study.ending.run_id if study.ending else None,
        "commit": study.commit,
        "importances": dict(study.importances) if study.importances is not None else None,
    }


def _of_trial(trial: "Trial") -> dict[str, Any]:
    import msgspec

    fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(trial))
    return {name: value for name, value in fields.items() if name != "line"}
