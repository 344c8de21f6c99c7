"""What the user's index has staged for some paths."""

import os
from collections.abc import Sequence

from trainstore.store.git.read import ask_git
from trainstore.store.git.repository import Repository

_MOST_PATHS_NAMED = 50  # each is compared with every entry; beyond it, all entries cost less


def staged_blobs(repository: Repository, paths: Sequence[str]) -> dict[str, str]:
    """Return the blob id of each path that the index has."""
    if not _may_hold(repository, paths):
        return {}
    named = paths if len(paths) <= _MOST_PATHS_NAMED else ()
    wanted = set(paths)
    entries = {}
    for line in os.fsdecode(ask_git(repository.root, ["ls-files", "-s", "-z", "--", *named])).split("\0")[
        :-1
    ]:
        entry, _, path = line.partition("\t")
        if path in wanted:
            entries[path] = entry.split(" ")[1]
    return entries


def _may_hold(repository: Repository, paths: Sequence[str]) -> bool:
    """Tell whether git must be asked; a new path, which most are, is nowhere in the bytes of its index.

    Versions 2 and 3 of the file hold every path whole, unless it is split or sparse.
    """
    odd = ("info/sparse-checkout", "sharedindex.*")
    if len(paths) > _MOST_PATHS_NAMED or any(any(repository.git_dir.glob(name)) for name in odd):
        return True
    try:
        content = (repository.git_dir / "index").read_bytes()
    except OSError:
        return True
    whole = content[4:8] in (b"\0\0\0\2", b"\0\0\0\3")
    return not whole or any(os.fsencode(path) in content for path in paths)
