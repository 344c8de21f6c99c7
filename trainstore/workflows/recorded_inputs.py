"""What a run and a study record of what they were given: the version and the data."""

from trainstore.records.datasets import Dataset, Split
from trainstore.records.run_parts import RecordedData, RecordedVersion
from trainstore.records.training_record import TrainingRecord
from trainstore.store.index.entries import Version


def recorded_version(version: Version, record: TrainingRecord) -> RecordedVersion:
    """Return which version it was, by name and by content."""
    return {
        "timestamp": version.timestamp,
        "path": version.path,
        "commit": version.commit,
        "code_digest": record.code_digest,
        "space_digest": record.space_digest,
    }


def recorded_data(dataset: Dataset, target: str | None, split: Split) -> RecordedData:
    """Return which data it was, and how it was divided."""
    assert split.recorded is not None
    return {
        "source": dataset.source,
        "target": target,
        "task": dataset.task,
        "classes": list(dataset.classes) if dataset.classes is not None else None,
        "digest": dataset.digest,
        "split": split.recorded,
        "pinned": dataset.pinned.recorded if dataset.pinned else None,
    }
