"""The commit messages of trainstore's actions: a subject that a person reads, trailers that the index reads."""

from collections.abc import Sequence

from trainstore.disk_format.layout import is_run_path
from trainstore.disk_format.trailers import Trailer, join_names, to_message
from trainstore.records.datasets import PinnedFile
from trainstore.records.origin import origin_of
from trainstore.records.run_record import RunRecord
from trainstore.records.training_record import TrainingRecord
from trainstore.store.index.entries import Event, Version

_MOST_NAMED = 1000  # of what a prune takes out: people read messages, and every index reads all of them


def init_message() -> str:
    """The message of the commit that makes a store."""
    return to_message("init trainstore", [("Trainstore-Action", "init")])


def save_message(record: TrainingRecord, path: str, action: str) -> str:
    """The message of a save, an import or a generation of one version."""
    confidence = "" if record.confidence is None else f" (confidence {record.confidence:.2f})"
    origin = origin_of(record.content)
    generated_by = f"{record.metadata_text('generated_by')} {record.metadata_text('version')}".strip()
    optional = [
        ("Confidence", "" if record.confidence is None else repr(record.confidence)),
        ("Api-Model", record.metadata_text("api_model")),
        ("Generated-By", generated_by),
        ("Parameters", join_names(list(record.bo_config))),
        ("Data-Kind", origin.data_kind),
        ("Request-Digest", origin.request_digest),
        ("Parent", origin.parent),
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
        ("Claim", run.claim or ""),
        ("Study-Id", run.study_id or ""),
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


def prune_message(
    removed: Sequence[tuple[str, str]], functions: int, only: Version | None, policies: Sequence[str]
) -> str:
    """The message of a prune; it names what goes by reason.

    Args:
        removed: path and reason of each; a run that goes alone by its run.json.
        functions: how many functions they are of; ``only`` is a version of the one where there is one.
        policies: as sentences.
    """
    by_reason: dict[str, list[str]] = {}
    for path, reason in removed[:_MOST_NAMED]:
        by_reason.setdefault(reason, []).append(path)
    why = f": {removed[0][1]}" if len({reason for _, reason in removed}) == 1 else ""
    whose = only.function if only else f"{functions} functions"
    runs = sum(is_run_path(path) for path, _ in removed)
    counts = ((len(removed) - runs, "version"), (runs, "run"))
    what = " and ".join(f"{count} {noun}{'s' if count > 1 else ''}" for count, noun in counts if count)
    unnamed = len(removed) - _MOST_NAMED
    return to_message(
        f"prune {what} of {whose}{why}",
        [
            ("Trainstore-Action", "prune"),
            *([("Model-Name", only.model_name), ("Data-Type", only.data_type)] if only else []),
            *(("Policy", policy) for policy in policies),
            *(
                trailer
                for reason, paths in by_reason.items()
                for trailer in (("Reason", reason), *(("Removed", path) for path in paths))
            ),
            *([("Not-Named", f"{unnamed} more; git show --name-status has all")] if unnamed > 0 else []),
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


def data_message(pinned: PinnedFile, digest: str | None) -> str:
    """The message of a data set that gets a name, or, without a digest, loses it."""
    done = f"({pinned.file}, {pinned.size} bytes)" if digest else "removed"
    optional = [("Data-Digest", digest)] if digest else []
    return to_message(
        f"data {pinned.name} {done}",
        [("Trainstore-Action", "data"), ("Data-Name", pinned.name), ("Data-Md5", pinned.md5), *optional],
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
