"""Stores of many versions, and copies of them for whoever is compared; all of one content."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from records import make_files

from trainstore.api import Store
from trainstore.records.training_record import decode_record
from trainstore.workflows.save import import_records
from trainstore.workflows.save_plan import Incoming

_RECORDS_A_CALL = 5000

# What a person's own configuration says must not count; gc is measured by itself.
ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "3",
    "GIT_CONFIG_KEY_0": "user.name",
    "GIT_CONFIG_VALUE_0": "Tess Ter",
    "GIT_CONFIG_KEY_1": "user.email",
    "GIT_CONFIG_VALUE_1": "tess@example.org",
    "GIT_CONFIG_KEY_2": "gc.auto",
    "GIT_CONFIG_VALUE_2": "0",
}


def git(folder: Path, *arguments: str, given: bytes | None = None) -> bytes:
    """Run git in a folder and return what it prints."""
    return subprocess.run(
        ["git", *arguments], cwd=folder, input=given, stdout=subprocess.PIPE, check=True
    ).stdout


def build_stores(folder: Path, sizes: Sequence[int]) -> Iterator[tuple[int, Path]]:
    """Yield a store of each size, growing; each is a copy that may be written to, and one of before is kept."""
    growing = folder / "growing"
    Store.init(growing)
    begun = 0
    for size in sorted(sizes):
        kept = folder / f"store-{size}"
        for start in range(begun, size, _RECORDS_A_CALL):
            count = min(_RECORDS_A_CALL, size - start)
            incoming = [Incoming(decode_record(data, "", 0), data) for _, data in make_files(start, count)]
            import_records(Store.open(growing).repository, incoming)
        begun = size
        copy_store(growing, kept)
        yield size, kept
    shutil.rmtree(growing)


def copy_store(store: Path, copy: Path) -> None:
    """Copy a store; the files that nobody changes in place are linked."""
    subprocess.run(["cp", "--archive", "--link", store, copy], check=True)
    for folder, folders, files in os.walk(copy / ".git"):
        folders[:] = [name for name in folders if name != "objects"]
        for name in files:
            linked = Path(folder, name)
            shutil.copy2(linked, f"{linked}.copied")
            os.replace(f"{linked}.copied", linked)


def refresh_index(folder: Path) -> None:
    """Let git's index learn the times of the files, which `git add` and `git commit` would else read."""
    shutil.rmtree(folder / ".git" / "trainstore", ignore_errors=True)
    git(folder, "update-index", "--refresh", "-q")


def disk_bytes(folder: Path) -> int:
    """Return what the files below a folder take on the disk."""
    return sum(file.lstat().st_blocks * 512 for file in folder.rglob("*"))
