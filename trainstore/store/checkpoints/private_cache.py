"""Whether a cache is a store's own. What another store needs of a shared one cannot be known."""

import os
from collections.abc import Sequence
from pathlib import Path

from trainstore.errors import UsageError
from trainstore.store.git.repository import Repository
from trainstore.store.git.worktrees import Worktree


def require_private(repository: Repository, worktrees: Sequence[Worktree], cache: Path) -> None:
    """Refuse a cache that does not stand inside the repository: in ``.dvc`` of a work tree, or in the git directory.

    Raises:
        UsageError: it stands elsewhere, or a link leads elsewhere.
    """
    real = Path(os.path.realpath(cache))
    homes = [repository.common_dir, *(tree.root / ".dvc" for tree in worktrees if tree.root is not None)]
    if not any(real.is_relative_to(os.path.realpath(home.parent) + f"/{home.name}") for home in homes):
        raise UsageError(
            f"DVC's cache {str(real)!r} stands outside this store, so other stores may need what it holds.",
            "Give the store a cache of its own: dvc cache dir --local .dvc/cache, then dvc fetch. "
            "What goes from a shared cache is for dvc gc --projects to say.",
        )
