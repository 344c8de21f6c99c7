"""Reading a version's record and its pin, from git and not from a work tree that someone may have edited."""

from pathlib import PurePosixPath

from trainstore.disk_format.layout import pin_path
from trainstore.records.training_record import TrainingRecord, decode_record
from trainstore.store.git.read import list_tree, read_file
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version


def read_version(repository: Repository, version: Version) -> TrainingRecord:
    """Return the record of a version, pruned or not.

    Raises:
        InvalidRecord: what was committed is not a record.
    """
    data = read_file(repository.root, version.commit, version.path)
    return decode_record(data, PurePosixPath(version.path).name, version.timestamp)


def is_pinned(repository: Repository, version: Version) -> bool:
    """Tell whether a version is pinned."""
    return bool(list_tree(repository.root, "HEAD", [pin_path(version.path)]))
