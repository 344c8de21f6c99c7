"""Files of the work tree, written so that a crash leaves the old file or the new one."""

import os
import secrets
import stat
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from trainstore.disk_format.path_parts import is_git_folder
from trainstore.errors import StoreConflict

_PASSING = ".trainstore-tmp"
MOST_SINGLE_SYNCS = 32  # beyond it, one flush of everything costs less than one a file


def resolve_path(root: Path, path: str) -> Path:
    """Return where a tracked path stands, refusing one that leads elsewhere: out of the store, or into git's own folder.

    Raises:
        StoreConflict: it does, or a folder on the way is a link, or a file.
    """
    return resolve_paths(root, [path])[path]


def resolve_paths(root: Path, paths: Iterable[str]) -> dict[str, Path]:
    """Return where many tracked paths stand; each folder is looked at once. Raises StoreConflict."""
    targets = {path: root / path for path in paths}
    _refuse_outside(targets)
    for folder in _folders_above(targets):
        try:
            mode = os.lstat(f"{root}/{folder}").st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        if stat.S_ISLNK(mode):
            raise StoreConflict(f"{folder!r} leads elsewhere through a symbolic link.", "Remove the link.")
        if not stat.S_ISDIR(mode):
            raise StoreConflict(f"{folder!r} is a file where a folder must stand.", "Move the file away.")
    return targets


def _refuse_outside(paths: Collection[str]) -> None:
    parts = {part for path in paths for part in path.split("/")}
    for odd in filter(_leads_outside, parts):
        path = next(path for path in paths if odd in path.split("/"))
        raise StoreConflict(
            f"{path!r} is not a path inside the store.",
            "Git itself makes no such path: do not trust where it comes from.",
        )


def _leads_outside(part: str) -> bool:
    return part in ("", ".", "..") or is_git_folder(part)


def _folders_above(paths: Iterable[str]) -> set[str]:
    """Return every folder on the way to some paths, without the root."""
    above: set[str] = set()
    below = {path.rpartition("/")[0] for path in paths}
    while below:
        above |= below
        below = {folder.rpartition("/")[0] for folder in below}
        below -= above
    return above - {""}


def write_file(target: Path, content: bytes) -> None:
    """Put a file in its place at once, durable before it is seen."""
    write_files({target: content})


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Put each file in its place at once, all of them durable before any is seen."""
    one_by_one = len(contents) <= MOST_SINGLE_SYNCS
    folders = {target.parent for target in contents}
    make_folders(folders)
    passing: list[tuple[Path, Path]] = []
    try:
        for target, content in contents.items():
            beside = target.with_name(f".{secrets.token_hex(8)}{_PASSING}")
            passing.append((beside, target))
            with open(beside, "xb") as file:
                file.write(content)
                if one_by_one:
                    file.flush()
                    os.fsync(file.fileno())
        if not one_by_one:
            os.sync()
        for beside, target in passing:
            beside.replace(target)
    except BaseException:
        for beside, _ in passing:
            beside.unlink(missing_ok=True)
        raise
    sync_folders(folders)


def remove_file(root: Path, target: Path) -> Path:
    """Take a file away, and the folders that it leaves empty, up to the root; return the folder that lost a name."""
    target.unlink(missing_ok=True)
    for folder in target.parents:
        if folder == root:
            break
        try:
            folder.rmdir()
        except OSError:  # it holds something else
            return folder
    return root


def clear_passing(folders: Iterable[Path]) -> None:
    """Remove what a killed write left in folders; nobody else may be writing."""
    for folder in folders:
        for stray in folder.glob(f".*{_PASSING}"):
            stray.unlink(missing_ok=True)


def find_passing(folder: Path) -> list[Path]:
    """Return what killed writes left below a folder, or what is being written there now."""
    return sorted(folder.rglob(f".*{_PASSING}"))


def read_or_none(target: Path) -> bytes | None:
    """Return the content of a regular file, or None where there is none."""
    try:
        if target.is_symlink():
            return None
        return target.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def make_folders(folders: Collection[Path]) -> None:
    """Make folders, and those above them; the names of a few are durable, of many after `sync_folders`."""
    for folder in folders:
        if len(folders) > MOST_SINGLE_SYNCS:
            folder.mkdir(parents=True, exist_ok=True)
        else:
            _make_durable(folder)


def _make_durable(folder: Path) -> None:
    if not folder.is_dir():
        _make_durable(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folders(folders: Collection[Path]) -> None:
    """Make the names in folders durable, of those that are there."""
    if len(folders) > MOST_SINGLE_SYNCS:
        os.sync()
        return
    for folder in folders:
        if folder.is_dir():
            sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
