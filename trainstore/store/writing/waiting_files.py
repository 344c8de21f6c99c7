"""New files on their way into the work tree: durable in the git directory first, then renamed to their places."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from trainstore.store.writing.work_tree import MOST_SINGLE_SYNCS, make_folders, sync_folders, write_file

_FOLDER = "waiting"


def write_waiting(state: Path, contents: Mapping[str, bytes]) -> dict[str, Path]:
    """Write each file where nobody sees it yet, and return by path where it waits; the lock must be held."""
    folder = state / _FOLDER
    folder.mkdir(exist_ok=True)
    waiting = {}
    for number, (path, content) in enumerate(contents.items()):
        waiting[path] = folder / str(number)
        with open(waiting[path], "xb") as file:
            file.write(content)
            if len(contents) <= MOST_SINGLE_SYNCS:
                file.flush()
                os.fsync(file.fileno())
    if len(contents) > MOST_SINGLE_SYNCS:
        os.sync()
    return waiting


def put_in_place(waiting: Mapping[Path, Path]) -> None:
    """Move waiting files, each target's at once, and make their names durable."""
    folders = {target.parent for target in waiting}
    make_folders(folders)
    for target, file in waiting.items():
        _move(file, target)
    sync_folders(folders)


def clear_waiting(state: Path) -> None:
    """Remove what an unfinished write left waiting; the lock must be held."""
    try:
        for file in os.scandir(state / _FOLDER):
            os.unlink(file)
    except FileNotFoundError:
        return


def _move(file: Path, target: Path) -> None:
    try:
        file.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        write_file(target, file.read_bytes())  # the git directory is on another file system
        file.unlink()
