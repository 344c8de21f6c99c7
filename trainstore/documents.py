"""The JSON that other programs rely on, made of the store's own types. What is not known is null, never left out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trainstore.store.index.entries import Event, FunctionEntry, Version
from trainstore.wording.values import iso_time

if TYPE_CHECKING:
    from trainstore.records.run_record import RunRecord
    from trainstore.records.study import Trial
    from trainstore.records.training_record import TrainingRecord
    from trainstore.workflows.compare import Comparison
    from trainstore.workflows.lineage import Descent
    from trainstore.workflows.lineage_graph import Step
    from trainstore.workflows.made_from import Change
    from trainstore.workflows.pruning.prune import PruneResult
    from trainstore.workflows.pruning.prune_plan import PruneItem, PrunePlan
    from trainstore.workflows.rerun_many import Repeated
    from trainstore.workflows.run import RunResult
    from trainstore.workflows.save import SaveResult
    from trainstore.workflows.save_files import Rejected
    from trainstore.workflows.tuning.studies import StudyEntry


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
        "score": entry.score,
        "best_score": entry.best_score,
    }


def of_lineage(descents: "Sequence[Descent]") -> dict[str, Any]:
    """What ``history --tree`` prints."""
    return {
        "versions": [
            {**of_version(one.version), "parent": of_version(one.parent) if one.parent else None}
            for one in descents
        ]
    }


def of_step(step: "Step") -> dict[str, Any]:
    """A step as ``history --graph`` prints it."""
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


def of_record(version: Version, record: "TrainingRecord") -> dict[str, Any]:
    """A version with its record, as ``show`` prints it."""
    return {"record": record.content, **of_version(version), "code_digest": record.code_digest}


def of_change(change: "Change") -> dict[str, Any]:
    """What ``show`` prints of where a version comes from."""
    return {"made_from": change.made_from and of_version(change.made_from), "summary": change.summary or None}


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


def of_study(study: "StudyEntry", version: Version | None) -> dict[str, Any]:
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


def of_diff(diff: "Comparison") -> dict[str, Any]:
    """What ``diff`` prints."""
    from trainstore.diff.architecture.as_json import architecture_json
    from trainstore.diff.as_json import (
        changes_json,
        fields_json,
        metrics_json,
        side_json,
        space_json,
        why_json,
    )

    runs = diff.runs
    return {
        "old": of_version(diff.old),
        "new": of_version(diff.new),
        "code": {"unified": diff.code.unified, "added": diff.code.added, "removed": diff.code.removed},
        "summary": diff.summary,
        "architecture": architecture_json(diff.architecture),
        "search_space": space_json(diff.search_space),
        "data_profile": fields_json(diff.data_profile),
        "runs": {
            "old": runs.old and side_json(runs.old),
            "new": runs.new and side_json(runs.new),
            "settings": fields_json(runs.settings),
            "hyperparameters": fields_json(runs.hyperparameters),
            "environment": changes_json(runs.environment),
            "seeds": {
                "old": [run.run_id for run in runs.seeds[0]],
                "new": [run.run_id for run in runs.seeds[1]],
            },
        },
        "metrics": {**metrics_json(runs.metrics), "scored": runs.scored},
        "claims": {side: run and run.claim for side, run in (("old", runs.old), ("new", runs.new))},
        "why": why_json(diff.why),
    }


def of_prune(plan: "PrunePlan", result: "PruneResult | None") -> dict[str, Any]:
    """What ``prune`` prints with ``--json``; without a result it was a dry run."""
    done = result.plan if result else plan
    return {
        "dry_run": result is None,
        "policies": list(done.policies),
        "removed": [_of_prune_item(item) for item in done.removed],
        "kept": [_of_prune_item(item) for item in done.kept],
        "reclaimable_bytes": done.reclaimable_bytes,
        "reclaimed_bytes": 0,
        "commit": result.commit if result else None,
    }


def _of_prune_item(item: "PruneItem") -> dict[str, Any]:
    version = item.version
    return {
        "function": version.function if version else None,
        "version": version.ordinal if version else None,
        "path": item.path,
        "reason": item.reason,
        "bytes": item.bytes,
    }
