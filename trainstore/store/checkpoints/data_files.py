"""Data files that DVC tracks, one pointer each: into its cache, out of it, and beside their pointer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainstore.errors import CheckpointMissing, StoreConflict
from trainstore.store.checkpoints.dvc_cache import DvcCache
from trainstore.store.checkpoints.intact import file_md5, require_intact
from trainstore.store.checkpoints.one_pass import StoredFile
from trainstore.store.writing.disk_errors import disk_errors_told
from trainstore.store.writing.work_tree import resolve_path


def add_data_file(store_root: Path, source: Path) -> StoredFile:
    """Store a file's bytes in the cache, read once. Writes: one object.

    Raises:
        TrainstoreError: the disk is full, or the cache cannot be written.
    """
    cache = DvcCache(store_root)
    with disk_errors_told(cache.root, "store the data"), source.open("rb") as file:
        cache.clear_stale()
        return cache.add(file)


def link_data_file(store_root: Path, path: str, md5: str, replaced: str | None = None) -> None:
    """Put a data file into the work tree.

    Args:
        store_root: holds ``.dvc``.
        path: where, relative to the store.
        md5: id of its object.
        replaced: id of the object that may stand there now, and gives way.

    Raises:
        StoreConflict: another file stands there.
    """
    target = resolve_path(store_root, path)
    cache = DvcCache(store_root)
    with disk_errors_told(target, "put the data in its place"):
        if target.exists():
            found = file_md5(target)
            if found == md5:
                return
            if found != replaced:
                raise StoreConflict(f"{path!r} is another file.", "Move it away, then try again.")
        with cache.passing_folder() as passing:
            cache.link(cache.path(md5), passing / "file")
            target.parent.mkdir(parents=True, exist_ok=True)
            (passing / "file").replace(target)


@contextmanager
def data_file(store_root: Path, md5: str, name: str) -> Iterator[Path]:
    """Give a path at which a data file can be read under its own name, and which holds what it always held.

    Raises:
        CheckpointMissing: the cache lacks it, or has other bytes.
    """
    cache = DvcCache(store_root)
    stored = cache.path(md5)
    if not stored.is_file():
        raise CheckpointMissing(
            f"The data {name!r} (md5 {md5}) is not in the cache {str(cache.root)!r}.", "Fetch it: dvc fetch"
        )
    require_intact(stored, f"The data {name!r}")
    with cache.passing_folder() as passing:
        cache.link(stored, passing / name)
        yield passing / name
