"""What the user has edited or staged, and what therefore must not be written over."""

import os
from collections.abc import Mapping

from trainstore.errors import StoreConflict
from trainstore.store.git.changes import Change, Write
from trainstore.store.git.fast_import import Written
from trainstore.store.git.read import read_blobs
from trainstore.store.git.repository import Repository
from trainstore.store.git.staged import staged_blobs
from trainstore.store.writing.work_tree import read_or_none, resolve_paths


def find_differing(repository: Repository, final: Mapping[str, Change]) -> dict[str, bytes | None]:
    """Return the paths whose file has to change, with what it holds now; None where there is none."""
    differing: dict[str, bytes | None] = {}
    for path, target in resolve_paths(repository.root, final).items():
        found = read_or_none(target)
        if found is None and os.path.lexists(target):  # a link or a folder
            raise _edited(path)
        if found != _content(final[path]):
            differing[path] = found
    return differing


def refuse_edited(
    repository: Repository, found: Mapping[str, bytes | None], at_head: Mapping[str, str]
) -> None:
    """Refuse to replace a file that is not what HEAD has there."""
    replaced = {path: content for path, content in found.items() if content is not None}
    committed = read_blobs(repository.root, [at_head[path] for path in replaced if path in at_head])
    for path, content in replaced.items():
        if committed.get(at_head.get(path, "")) != content:
            raise _edited(path)


def _edited(path: str) -> StoreConflict:
    return StoreConflict(
        f"{path!r} has changes that are not committed.", "Commit them, or move the file away, then try again."
    )


def check_index(repository: Repository, written: Written) -> None:
    """Refuse where a path that changes is staged otherwise than HEAD has it."""
    staged = staged_blobs(repository, list(written.blobs))
    for path, blob in written.blobs.items():
        if staged.get(path) not in (written.replaced.get(path), blob):
            raise StoreConflict(f"{path!r} has staged changes.", "Commit or unstage them, then try again.")


def _content(change: Change) -> bytes | None:
    return change.content if isinstance(change, Write) else None
