"""Which data sets have names: read from the pointers in git, and from what runs recorded of them."""

import re
from pathlib import PurePosixPath
from typing import Any

from trainstore.disk_format.data_pointers import parse_data_pointer
from trainstore.disk_format.dvc_files import is_file_id, is_file_name
from trainstore.disk_format.layout import DATASETS, dataset_pointer_path
from trainstore.errors import InvalidData, InvalidRecord
from trainstore.records.datasets import PinnedFile
from trainstore.store.git.read import list_tree, read_blobs
from trainstore.store.git.repository import Head, Repository, read_head

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")


def is_data_name(text: str) -> bool:
    """Tell whether a reference can be the name of a pinned data set; files have an ending, names have none."""
    return _NAME.fullmatch(text) is not None


def data_sets(repository: Repository) -> list[PinnedFile]:
    """Return the pinned data sets of HEAD, by name; a pointer that someone broke or made otherwise is none of them."""
    pointers = committed_files(repository, read_head(repository), [DATASETS])
    found = []
    for path, content in sorted(pointers.items()):
        name = PurePosixPath(path).name.removesuffix(".dvc")
        if path == dataset_pointer_path(name) and is_data_name(name):
            try:
                found.append(_pinned(name, parse_data_pointer(content)))
            except InvalidRecord:
                continue
    return found


def find_data(repository: Repository, name: str) -> PinnedFile | None:
    """Return the data set with a name; None where there is none.

    Raises:
        InvalidData: its pointer cannot be read.
    """
    if not is_data_name(name):
        return None
    path = dataset_pointer_path(name)
    content = committed_files(repository, read_head(repository), [path]).get(path)
    if content is None:
        return None
    try:
        return _pinned(name, parse_data_pointer(content))
    except InvalidRecord as error:
        raise InvalidData(
            f"{path}: {error.message}", "Bring it back with git, or add the data again."
        ) from error


def from_recorded(fields: dict[str, Any]) -> PinnedFile:
    """Return the pinned file that run.json tells of.

    Raises:
        InvalidRecord: it tells of none.
    """
    meta = {key: fields.get(key) for key in ("target", "task")}
    named, file, md5, size = (fields.get(key) for key in ("name", "file", "md5", "size"))
    if not (isinstance(named, str) and is_data_name(named) and is_file_name(file) and is_file_id(md5)):
        raise InvalidRecord("The run's data is no data set of a store's.")
    return _pinned(named, {"path": file, "md5": md5, "size": size, "meta": meta})


def committed_files(repository: Repository, head: Head, paths: list[str]) -> dict[str, bytes]:
    """Return path -> content of the files that a commit has at, or below, some paths."""
    if head.commit is None:
        return {}
    blobs = list_tree(repository.root, head.commit, paths)
    contents = read_blobs(repository.root, blobs.values())
    return {path: contents[blob] for path, blob in blobs.items()}


def _pinned(name: str, pointer: dict[str, Any]) -> PinnedFile:
    meta = pointer["meta"]
    target, task = meta.get("target"), meta.get("task")
    if not isinstance(target, str | None) or task not in (None, "classification", "regression"):
        raise InvalidRecord("Its target or task is none.")
    return PinnedFile(name, pointer["path"], pointer["md5"], pointer["size"], target, task)
