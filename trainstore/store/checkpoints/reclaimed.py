"""Which checkpoints were reclaimed here, so that one that is missing on purpose is not taken for damage."""

import os
from collections.abc import Iterable, Mapping

from trainstore.disk_format.dvc_files import is_folder_id
from trainstore.disk_format.layout import STATE
from trainstore.store.git.repository import Repository
from trainstore.store.writing.work_tree import sync_folder

_FILE = "reclaimed"


def note_reclaimed(repository: Repository, folder_ids: Iterable[str], when: int) -> None:
    """Add checkpoints to the list of this repository and its work trees, durable on return.

    Args:
        repository: the store.
        folder_ids: of the checkpoints; one that is listed already counts by its last time.
        when: Unix seconds.
    """
    state = repository.common_dir / STATE
    with open(state / _FILE, "ab") as file:
        file.write("".join(f"{identity} {when}\n" for identity in folder_ids).encode())
        file.flush()
        os.fsync(file.fileno())
    sync_folder(state)


def read_reclaimed(repository: Repository) -> Mapping[str, int]:
    """Return when each checkpoint was reclaimed here, in Unix seconds; a line that is damaged is left out."""
    try:
        lines = (repository.common_dir / STATE / _FILE).read_text("ascii", "replace").splitlines()
    except FileNotFoundError:
        return {}
    told = [line.split(" ") for line in lines]
    return {
        words[0]: int(words[1])
        for words in told
        if len(words) == 2 and is_folder_id(words[0]) and words[1].isascii() and words[1].isdigit()
    }
