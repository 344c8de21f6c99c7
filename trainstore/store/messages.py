"""The commit messages of trainstore's actions: a subject that a person reads, trailers that the index reads."""

from collections.abc import Sequence

from trainstore.disk_format.trailers import Trailer, join_names, to_message
from trainstore.records.run_record import RunRecord
from trainstore.records.training_record import TrainingRecord
from trainstore.store.index.entries import Event, Version


def init_message() -> str:
    """The message of the commit that makes a store."""
    return to_message("init trainstore", [("Trainstore-Action", "init")])


def save_message(record: TrainingRecord, path: str, action: str) -> str:
    """The message of a save, an import or a generation of one version."""
    confidence = "" if record.confidence is None else f" (confidence {record.confidence:.2f})"
    generated_by = f"{record.metadata_text('generated_by')} {record.metadata_text('version')}".strip()
    optional = [
        ("Confidence", "" if record.confidence is None else repr(record.confidence)),
        ("Api-Model", record.metadata_text("api_model")),
        ("Generated-By", generated_by),
        ("Parameters", join_names(list(record.bo_config))),
    ]
    return to_message(
        f"{action} {record.function}{confidence}",
        [
            ("Trainstore-Action", action),
            ("Model-Name", record.model_name),
            ("Data-Type", record.data_type),
            ("Version-Timestamp", str(record.timestamp)),
            ("Path", path),
            *((key, value) for key, value in optional if value),
            ("Code-Digest", record.code_digest),
            ("Space-Digest", record.space_digest),
        ],
    )


def run_message(run: RunRecord, version: Version, folder: str, score: float | None) -> str:
    """The message of a run or a rerun."""
    ending = run.verdict or run.outcome
    told = "" if score is None else f", score {score:.4f}"
    optional = [
        ("Score", "" if score is None else repr(score)),
        ("Rerun-Of", run.rerun_of or ""),
        ("Verdict", run.verdict or ""),
    ]
    return to_message(
        f"{run.action} {version} ({ending} on {run.device['used'] or run.device['requested']}{told})",
        [
            ("Trainstore-Action", run.action),
            *_version_trailers(version),
            ("Run-Id", run.run_id),
            ("Run-Path", folder),
            ("Outcome", run.outcome),
            ("Device", run.device["used"] or run.device["requested"]),
            ("Data-Digest", run.data["digest"]),
            *((key, value) for key, value in optional if value),
        ],
    )


def rollback_message(version: Version, added: Sequence[str], removed: Sequence[str]) -> str:
    """The message of a rollback; it names the versions that come and go."""
    return to_message(
        f"rollback {version.function} to {version.function}@{version.ordinal}",
        [
            ("Trainstore-Action", "rollback"),
            *_version_trailers(version),
            *(("Added", path) for path in added),
            *(("Removed", path) for path in removed),
        ],
    )


def restore_message(version: Version) -> str:
    """The message of a restore."""
    return to_message(f"restore {version}", [("Trainstore-Action", "restore"), *_version_trailers(version)])


def pin_message(version: Version, action: str, reason: str) -> str:
    """The message of a pin or an unpin."""
    why = f": {reason}" if reason else ""
    optional = [("Reason", reason)] if reason else []
    return to_message(
        f"{action} {version}{why}", [("Trainstore-Action", action), *_version_trailers(version), *optional]
    )


def undo_message(event: Event) -> str:
    """The message of an undo; it belongs to the function of what it undoes."""
    optional = [
        ("Model-Name", event.model_name or ""),
        ("Data-Type", event.data_type or ""),
        ("Version-Timestamp", "" if event.timestamp is None else str(event.timestamp)),
    ]
    return to_message(
        f"undo: {event.subject}",
        [
            ("Trainstore-Action", "undo"),
            *((key, value) for key, value in optional if value),
            ("Undoes", event.commit),
        ],
    )


def _version_trailers(version: Version) -> list[Trailer]:
    return [
        ("Model-Name", version.model_name),
        ("Data-Type", version.data_type),
        ("Version-Timestamp", str(version.timestamp)),
        ("Path", version.path),
    ]
