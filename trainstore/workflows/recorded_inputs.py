"""What a run and a study record of what they were given: the version and the data."""

from typing import Any

from trainstore.records.datasets import Dataset, Split
from trainstore.records.training_record import TrainingRecord
from trainstore.store.index.entries import Version
from trainstore.workflows.pinned_data import as_recorded


def recorded_version(version: Version, record: TrainingRecord) -> dict[str, Any]:
    """Return which version it was, by name and by content."""
    return {
        "timestamp": version.timestamp,
        "path": version.path,
        "commit": version.commit,
        "code_digest": record.code_digest,
        "space_digest": record.space_digest,
    }


def recorded_data(dataset: Dataset, target: str | None, split: Split, **more: Any) -> dict[str, Any]:
    """Return which data it was, with more that is known of it, and how it was divided."""
    return {
        "source": dataset.source,
        "target": target,
        "task": dataset.task,
        "classes": list(dataset.classes) if dataset.classes is not None else None,
        "digest": dataset.digest,
        **more,
        "split": dict(split.recorded),
        "pinned": as_recorded(dataset.pinned),
    }
