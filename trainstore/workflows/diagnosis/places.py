"""Checks of the places that a store writes to: there, writable, local, and with room."""

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from trainstore.errors import UsageError
from trainstore.store.git.repository import Repository
from trainstore.workflows.problem import Problem

_LEAST_FREE_BYTES = 1_000_000_000
_MOUNTS = Path("/proc/self/mounts")  # Linux only; elsewhere nothing is known of file systems
_NETWORK = re.compile(
    r"nfs4?|cifs|smb3|smbfs|9p|afs|ceph|glusterfs|lustre|beegfs|gpfs|davfs|drvfs"
    r"|fuse\.(sshfs|glusterfs|ceph.*|s3fs|rclone|gcsfuse|davfs.*|smb.*|nfs.*)"
)


def check_places(repository: Repository) -> list[Problem]:
    """Return what is wrong with the work tree, the git directory and DVC's cache as places to write to."""
    places = {"The work tree": repository.root, "The folder of passing state": repository.state}
    cache, problems = _find_cache(repository)
    if cache is not None:
        places["DVC's cache"] = cache
        problems += _check_cache(repository, cache)
    mounts = _MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else ""
    for name, place in places.items():
        problems += [*_check_writable(name, place), *check_file_system(name, place, mounts)]
    roots = {_existing(place).stat().st_dev: (name, place) for name, place in reversed(places.items())}
    for name, place in roots.values():
        problems += check_space(name, place, shutil.disk_usage(_existing(place)).free)
    return problems


def check_temporary_folder() -> list[Problem]:
    """Return whether the folder through which data goes to workers has room."""
    place = Path(tempfile.gettempdir())
    return check_space("The folder for passing files", place, shutil.disk_usage(place).free)


def check_space(name: str, place: Path, free_bytes: int) -> list[Problem]:
    """Return whether a disk is nearly full."""
    if free_bytes >= _LEAST_FREE_BYTES:
        return []
    what = f"{name} {place} has {free_bytes / 1e6:.0f} MB left on its disk."
    return [Problem("disk", what, "Free some disk space.", "warning")]


def check_file_system(name: str, place: Path, mounts: str) -> list[Problem]:
    """Return whether a place is on a network file system, by the text of /proc/self/mounts."""
    kind = file_system_of(place, mounts)
    if kind is None or not _NETWORK.fullmatch(kind):
        return []
    what = f"{name} {place} is on a network file system ({kind}), where locks and links may not hold."
    hint = "Write from one machine at a time, or keep it on a local disk and share by push and pull."
    return [Problem("network", what, hint, "warning")]


def file_system_of(place: Path, mounts: str) -> str | None:
    """Return the type of the file system that a path is on; None where the text does not tell."""
    found: tuple[int, str] | None = None
    real = _existing(place).resolve()
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[1]))
        depth = len(point.parts)
        if real.is_relative_to(point) and (found is None or depth >= found[0]):  # a later mount covers
            found = depth, fields[2]
    return found[1] if found else None


def _find_cache(repository: Repository) -> tuple[Path | None, list[Problem]]:
    """Return the folder of DVC's cache, as DVC's own configuration has it."""
    try:
        from trainstore.store.checkpoints.dvc_cache import DvcCache

        return DvcCache(repository.root).root.parents[1], []
    except ImportError as error:
        return None, [Problem("package", f"DVC cannot be imported: {error}.", "pip install dvc")]
    except UsageError as error:
        return None, [Problem("cache", error.message, error.hint)]


def _check_cache(repository: Repository, cache: Path) -> Iterable[Problem]:
    own = cache.is_relative_to(repository.root / ".dvc")
    if repository.main_root is not None and own:
        what = "This linked worktree has a cache of its own: checkpoints of the main one are not seen here."
        yield Problem("cache", what, "trainstore init", "warning")
    if not own and not cache.is_dir():
        what = f"DVC's cache {cache} is not there: no checkpoint can be read."
        yield Problem("cache", what, f"Mount its disk, or make it: mkdir -p {shlex.quote(str(cache))}")


def _check_writable(name: str, place: Path) -> list[Problem]:
    nearest = _existing(place)
    if not nearest.is_dir():
        return [
            Problem("not writable", f"{name} {place} cannot be: {nearest} is no folder.", "Move it away.")
        ]
    if os.access(nearest, os.W_OK | os.X_OK):
        return []
    what = f"{name} {place} cannot be written to."
    return [Problem("not writable", what, f"See who owns it: ls -ld {shlex.quote(str(nearest))}")]


def _existing(place: Path) -> Path:
    """Return a path, or the nearest one above it that exists."""
    return next((one for one in (place, *place.parents) if one.exists()), place)
