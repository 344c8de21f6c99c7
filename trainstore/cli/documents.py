"""The JSON that other programs rely on, made of the store's own types. What is not known is null, never left out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trainstore.cli.output import iso_time
from trainstore.store.index.entries import Event, FunctionEntry, Version

if TYPE_CHECKING:
    from trainstore.diff.fields import FieldsDiff
    from trainstore.records.run_record import RunRecord
    from trainstore.workflows.compare import VersionDiff
    from trainstore.workflows.rerun_many import Repeated
    from trainstore.workflows.run import RunResult
    from trainstore.workflows.save import SaveResult
    from trainstore.workflows.save_files import Rejected


def of_version(version: Version) -> dict[str, Any]:
    """A version as ``save`` and ``generate`` print it."""
    return {
        "function": version.function,
        "version": version.ordinal,
        "timestamp": version.timestamp,
        "commit": version.commit,
        "path": version.path,
    }


def of_function(entry: FunctionEntry) -> dict[str, Any]:
    """A function as ``list`` prints it."""
    current = entry.current
    return {
        **of_version(current),
        "model_name": current.model_name,
        "data_type": current.data_type,
        "confidence": current.confidence,
        "bo_parameters": list(current.parameters),
        "versions": entry.versions,
        "runs": entry.runs,
    }


def of_event(event: Event) -> dict[str, Any]:
    """An event as ``history`` prints it."""
    function = f"{event.data_type}/{event.model_name}" if event.model_name else None
    return {
        "commit": event.commit,
        "action": event.action,
        "function": function,
        "version": event.ordinal,
        "timestamp": event.timestamp,
        "confidence": event.confidence,
        "api_model": event.api_model,
        "run_id": event.run_id,
        "author": event.author,
        "subject": event.subject,
        "when": {"unix": event.committed, "iso": iso_time(event.committed)},
    }


def of_saves(result: "SaveResult", rejected: "Sequence[Rejected]" = ()) -> dict[str, Any]:
    """What ``save`` and ``generate`` print."""
    return {
        "saved": [of_version(version) for version in result.saved],
        "unchanged": [of_version(version) for version in result.unchanged],
        "gone": [of_version(version) for version in result.gone],
        "rejected": [{"file": one.file, "reason": one.error.message} for one in rejected],
    }


def of_run(run: "RunRecord", version: Version | None, commit: str) -> dict[str, Any]:
    """A run as ``run`` and ``runs`` print it: its record, with the version by its ordinal and the commit.

    A shallow clone may not know the version.
    """
    import msgspec

    from trainstore.records.run_record import encode_run

    fields = msgspec.json.decode(encode_run(run))  # as in run.json, where what is not finite is null
    return {
        **fields,
        "version": version.ordinal if version else None,
        "commit": commit,
        "record": run.version,
    }


def of_rerun(result: "RunResult") -> dict[str, Any]:
    """What ``rerun`` prints."""
    run = result.record
    return {
        "verdict": run.verdict,
        "causes": run.causes,
        "environment_changes": run.environment_changes,
        "differences": run.differences,
        "clocks": run.clocks,
        "tolerance": run.tolerance,
        "original": run.rerun_of,
        "run": of_run(run, result.version, result.commit),
    }


def of_repeated(ended: "Sequence[Repeated]") -> dict[str, Any]:
    """What ``rerun --all`` prints."""
    return {
        "reruns": [of_rerun(one.result) for one in ended if one.result],
        "not_repeated": [
            {"run_id": one.original.run_id, "reason": one.error.message} for one in ended if one.error
        ],
    }


def of_diff(diff: "VersionDiff") -> dict[str, Any]:
    """What ``diff`` prints; the architecture is not compared yet."""
    return {
        "old": of_version(diff.old),
        "new": of_version(diff.new),
        "code": {"unified": diff.code.unified, "added": diff.code.added, "removed": diff.code.removed},
        "architecture": None,
        "search_space": _of_fields(diff.search_space),
        "data_profile": _of_fields(diff.data_profile),
        "metrics": _of_fields(diff.metrics),
        "claims": {"old": _claim_of(diff.runs[0]), "new": _claim_of(diff.runs[1])},
    }


def _claim_of(run: "RunRecord | None") -> str | None:
    return run.claim if run else None


def _of_fields(fields: "FieldsDiff") -> dict[str, Any]:
    changed: Mapping[str, Any] = {
        name: {"old": old, "new": new} for name, (old, new) in fields.changed.items()
    }
    return {"added": dict(fields.added), "removed": dict(fields.removed), "changed": changed}
