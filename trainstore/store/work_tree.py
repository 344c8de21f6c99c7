"""Files of the work tree, written so that a crash leaves the old file or the new one."""

import os
import secrets
from pathlib import Path

from trainstore.errors import StoreConflict


def resolve_path(root: Path, path: str) -> Path:
    """Return where a tracked path stands, refusing one that a symbolic link leads out of the store.

    Raises:
        StoreConflict: a folder on the way is a link to somewhere else.
    """
    target = root / path
    if not target.parent.resolve().is_relative_to(root.resolve()):
        raise StoreConflict(f"{path!r} leads out of the store through a symbolic link.", "Remove the link.")
    return target


def write_file(target: Path, content: bytes) -> None:
    """Put a file in its place at once, durable before it is seen."""
    target.parent.mkdir(parents=True, exist_ok=True)
    passing = target.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        with passing.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        passing.replace(target)
    finally:
        passing.unlink(missing_ok=True)
    sync_folder(target.parent)


def remove_file(root: Path, target: Path) -> None:
    """Take a file away, and the folders that it leaves empty, up to the root."""
    target.unlink(missing_ok=True)
    for folder in target.parents:
        if folder == root:
            return
        try:
            folder.rmdir()
        except OSError:  # it holds something else
            return


def read_or_none(target: Path) -> bytes | None:
    """Return the content of a regular file, or None where there is none."""
    try:
        if target.is_symlink():
            return None
        return target.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
