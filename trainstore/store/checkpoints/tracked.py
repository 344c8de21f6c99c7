"""Checkpoints: folders of files that DVC tracks by one pointer each, written straight into its cache."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from trainstore.disk_format.dvc_files import is_file_name, is_folder_id, parse_folder_object, render_pointer
from trainstore.errors import CheckpointMissing, InvalidRecord, StoreConflict, UsageError
from trainstore.store.checkpoints.begun import Announce
from trainstore.store.checkpoints.dvc_cache import DvcCache
from trainstore.store.checkpoints.intact import require_intact
from trainstore.store.checkpoints.one_pass import CHUNK
from trainstore.store.writing.disk_errors import disk_errors_told
from trainstore.store.writing.work_tree import resolve_path

_FOLDER = "checkpoint"
_MOST_FOLDER_OBJECT_BYTES = 1 << 20
_FETCH = "Fetch it from the DVC remote: dvc fetch"


@dataclass(frozen=True)
class Checkpoint:
    """A folder whose content is now in the cache.

    Attributes:
        md5: id of the folder's object, ending in ``.dir``.
        size: bytes of all files.
        files: how many files.
        pointer: content of the pointer, to be committed beside the folder.
        sha256: file name -> hex digest of what was stored.
    """

    md5: str
    size: int
    files: int
    pointer: bytes
    sha256: Mapping[str, str]


def add_checkpoint(
    store_root: Path,
    folder: str | Path,
    files: Mapping[str, BinaryIO],
    announce: Announce = lambda *_: None,
) -> Checkpoint:
    """Store open files as a checkpoint, each read once from where it stands, and link them into the folder.

    Writes: objects in the DVC cache and the folder in the work tree; not the pointer.

    Args:
        store_root: holds ``.dvc``.
        folder: ``training_runs/…/checkpoint``, relative to the store.
        files: plain file name -> file open for reading bytes.
        announce: as for `DvcCache.add_folder`.

    Raises:
        StoreConflict: the folder holds other files.
        UsageError: no files, or a name that is not plain; DVC's configuration cannot be used.
        TrainstoreError: the disk is full, or the cache cannot be written.
    """
    if not files or not all(is_file_name(name) for name in files):
        raise UsageError(f"A checkpoint cannot hold the files {list(files)}.", "Use letters, digits and ._-")
    target = _work_folder(store_root, folder)
    cache = DvcCache(store_root)
    with disk_errors_told(cache.root, "store the checkpoint"):
        cache.clear_stale()
        stored = cache.add_folder(files, announce)
        _put_in_place(cache, target, {name: cache.path(file.md5) for name, file in stored.files.items()})
    size = sum(file.size for file in stored.files.values())
    pointer = render_pointer(stored.md5, size, len(files), _FOLDER)
    sha256 = {name: file.sha256 for name, file in stored.files.items()}
    return Checkpoint(stored.md5, size, len(files), pointer, sha256)


def checkout_checkpoint(store_root: Path, folder: str | Path, md5: str) -> None:
    """Link a checkpoint's files from the cache into its folder, all of them or none.

    Args:
        store_root: holds ``.dvc``.
        folder: ``training_runs/…/checkpoint``, relative to the store.
        md5: id of the checkpoint.

    Raises:
        CheckpointMissing: the cache does not hold all of it.
        StoreConflict: the folder holds other files.
    """
    target = _work_folder(store_root, folder)
    cache = DvcCache(store_root)
    objects = _objects(cache, md5)
    _require_present(objects)
    with disk_errors_told(target, "restore the checkpoint"):
        _put_in_place(cache, target, objects)


def remove_checkpoint(store_root: Path, folder: str | Path, md5: str) -> tuple[str, ...]:
    """Take a checkpoint's folder out of the work tree if the cache holds every byte of it.

    Arguments are those of `checkout_checkpoint`.

    Returns:
        Names of the entries that the cache does not hold, for whose sake all was left as it is; empty when
        the folder is gone.
    """
    strangers = strangers_in(store_root, folder, md5)
    target = _work_folder(store_root, folder)
    if target.is_dir() and not strangers:
        with disk_errors_told(target, "remove the checkpoint's folder"):
            _remove_folder(target)
    return strangers


def strangers_in(store_root: Path, folder: str | Path, md5: str) -> tuple[str, ...]:
    """Return names of the entries of a checkpoint's folder that the cache does not hold; empty where it is not there.

    Arguments are those of `checkout_checkpoint`.
    """
    target = _work_folder(store_root, folder)
    if not target.is_dir():
        return ()
    try:
        objects = _objects(DvcCache(store_root), md5)
    except CheckpointMissing:
        objects = {}
    with disk_errors_told(target, "read the checkpoint's folder"):
        return _strangers(target, objects)


def open_checkpoint(
    store_root: Path, md5: str, *, size: int | None = None, verify: bool = False
) -> Mapping[str, Path]:
    """Return file name -> where its bytes stand in the cache, for reading only.

    Args:
        store_root: holds ``.dvc``.
        md5: id of the checkpoint, ending in ``.dir``.
        size: bytes that all files together must have, where known.
        verify: read every file and compare its md5.

    Raises:
        CheckpointMissing: a file is not there or not what it was; it is named.
        InvalidRecord: the id or the folder's object is malformed.
    """
    objects = _objects(DvcCache(store_root), md5)
    found = _require_present(objects)
    if verify or size not in {None, found}:
        for name, path in objects.items():
            require_intact(path, f"{name} of the checkpoint")
        if size not in {None, found}:
            raise CheckpointMissing(
                f"The checkpoint {md5} has {found} bytes, not the {size} recorded.",
                "Each file has the right md5: it is the recorded size that is wrong.",
            )
    return objects


def _work_folder(store_root: Path, folder: str | Path) -> Path:
    target = resolve_path(store_root, str(folder))
    if target.is_symlink():
        raise StoreConflict(f"{str(folder)!r} is a symbolic link.", "Remove the link.")
    if target.name != _FOLDER:
        raise UsageError(
            f"{str(folder)!r} is not the folder of a checkpoint.", f"It must be named {_FOLDER}."
        )
    return target


def _objects(cache: DvcCache, md5: str) -> Mapping[str, Path]:
    """Return file name -> place in the cache, which need not be filled."""
    if not is_folder_id(md5):
        raise InvalidRecord(f"{md5!r} is not the id of a checkpoint.")
    path = cache.path(md5)
    if not path.is_file():
        raise CheckpointMissing(f"The checkpoint {md5} is not in the cache {str(cache.root)!r}.", _FETCH)
    if path.stat().st_size > _MOST_FOLDER_OBJECT_BYTES:
        raise InvalidRecord(f"The checkpoint {md5} lists too many files.")
    require_intact(path, "The list of files of the checkpoint")
    files = parse_folder_object(path.read_bytes())
    return {name: cache.path(file_md5) for name, file_md5 in files.items()}


def _require_present(objects: Mapping[str, Path]) -> int:
    """Return the size of all files in bytes."""
    missing = [name for name, path in objects.items() if not path.is_file()]
    if missing:
        raise CheckpointMissing(f"The cache lacks {', '.join(missing)} of the checkpoint.", _FETCH)
    return sum(path.stat().st_size for path in objects.values())


def _put_in_place(cache: DvcCache, target: Path, objects: Mapping[str, Path]) -> None:
    """Link objects into a folder that appears at once, whole."""
    there = target.is_dir()
    strangers = _strangers(target, objects) if there else ()
    if strangers:
        raise StoreConflict(
            f"{str(target)!r} holds files that are not the checkpoint's: {', '.join(strangers)}.",
            "Move them away, then try again.",
        )
    if there and set(os.listdir(target)) == set(objects):
        return
    with cache.passing_folder() as folder:
        for name, path in objects.items():
            cache.link(path, folder / name)
        if there:
            _remove_folder(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(target)


def _strangers(target: Path, objects: Mapping[str, Path]) -> tuple[str, ...]:
    """Return the names in a folder whose bytes are not those of the object of that name."""
    return tuple(sorted(file.name for file in target.iterdir() if not _equal(file, objects.get(file.name))))


def _equal(file: Path, stored: Path | None) -> bool:
    if stored is None or not file.is_file() or not stored.is_file():
        return False
    if file.samefile(stored):
        return True
    if file.stat().st_size != stored.stat().st_size:
        return False
    with file.open("rb") as one, stored.open("rb") as other:
        while (chunk := one.read(CHUNK)) == other.read(CHUNK):
            if not chunk:
                return True
    return False


def _remove_folder(target: Path) -> None:
    for file in target.iterdir():
        file.unlink()
    target.rmdir()
