"""Git's own folders: names made durable, which git leaves to the kernel, and what a full disk cut off cleared away."""

import os
from collections.abc import Iterator
from pathlib import Path

from trainstore.store.git.repository import Head, Repository
from trainstore.store.writing.lock import held_since
from trainstore.store.writing.work_tree import sync_folder


def sync_objects(repository: Repository) -> None:
    """Make durable the names of the objects that came since the lock was taken."""
    since_ns = held_since(repository.state)
    for folder in _object_folders(repository.common_dir / "objects"):
        if folder.stat().st_mtime_ns >= since_ns:
            sync_folder(folder)


def sync_branch(repository: Repository, head: Head) -> None:
    """Make durable the name of the branch's file, or of HEAD's where it is detached."""
    if head.branch is None:
        sync_folder(repository.git_dir)
        return
    for folder in (repository.common_dir / head.branch).parents:
        if folder == repository.common_dir:
            return
        sync_folder(folder)


def clear_cut_off(repository: Repository) -> None:
    """Remove objects that are half written since the lock was taken; git would keep them, and the room, for weeks."""
    since_ns = held_since(repository.state)
    for folder in _object_folders(repository.common_dir / "objects"):
        for file in folder.glob("tmp_*"):
            if file.is_file() and file.stat().st_mtime_ns >= since_ns:
                file.unlink(missing_ok=True)
    for report in repository.git_dir.glob("fast_import_crash_*"):
        if report.stat().st_mtime_ns >= since_ns:
            report.unlink(missing_ok=True)


def _object_folders(objects: Path) -> Iterator[Path]:
    yield objects
    with os.scandir(objects) as entries:
        yield from (Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False))
