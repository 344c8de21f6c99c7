"""What other clones call this one: an id by chance, which a copy of the folder does not keep."""

import json
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from trainstore.disk_format.layout import STATE
from trainstore.disk_format.remote_notes import is_clone_id
from trainstore.store.git.repository import Repository

_FILE = "clone.json"
_MOST_TOLD = 16


class Clone(NamedTuple):
    """A clone.

    Attributes:
        identity: 16 hex digits.
        told: git's ids of the notes that it left on remotes, or was about to, the last ones. One that is there and
            is not among these was left by a copy of this clone.
    """

    identity: str
    told: tuple[str, ...] = ()


def read_clone(repository: Repository) -> Clone:
    """Return who this clone is; a copy at another place is another one. Writes: a file in the git directory, once."""
    try:
        told = json.loads(_place(repository).read_text("utf-8"))
        if told["path"] == str(repository.common_dir) and is_clone_id(told["id"]):
            return Clone(told["id"], tuple(map(str, told["told"])))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return another_clone(repository)


def has_told(repository: Repository) -> bool:
    """Tell whether this clone, or the one that it is a copy of, ever left a note on a remote, or tried to."""
    return _place(repository).exists()


def another_clone(repository: Repository) -> Clone:
    """Give this clone an id that it never had. Writes: a file in the git directory."""
    clone = Clone(secrets.token_hex(8))
    _keep(repository, clone)
    return clone


def remember_told(repository: Repository, clone: Clone, note: str) -> None:
    """Remember a note before it is left. Writes: a file in the git directory."""
    if note not in clone.told:
        _keep(repository, clone._replace(told=(*clone.told, note)[-_MOST_TOLD:]))


def _place(repository: Repository) -> Path:
    return repository.common_dir / STATE / _FILE


def _keep(repository: Repository, clone: Clone) -> None:
    place = _place(repository)
    place.parent.mkdir(parents=True, exist_ok=True)
    content = {"id": clone.identity, "path": str(repository.common_dir), "told": clone.told}
    passing = place.with_name(f"{_FILE}.{secrets.token_hex(4)}")
    passing.write_text(json.dumps(content), "utf-8")
    os.replace(passing, place)
