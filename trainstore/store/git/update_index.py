"""Setting entries of git's index, which a user's own git may be holding."""

import errno
import os
import time
from collections.abc import Iterable

from trainstore.errors import GitFailed, StoreLocked
from trainstore.store.git.repository import Repository
from trainstore.store.git.write import write_git

_INDEX_WAIT_SECONDS = 30.0


def update_index(repository: Repository, blobs: Iterable[tuple[str, str | None]]) -> None:
    """Set paths of the index to blobs, or take them out, leaving every other entry alone.

    An index that someone else holds is waited for.

    Raises:
        StoreLocked: it was held too long.
    """
    entries = list(blobs)
    takes_out = any(blob is None for _, blob in entries)
    no_blob = "0" * len(write_git(repository, ["hash-object", "--stdin"]).strip()) if takes_out else ""
    lines = []
    for path, blob in entries:
        mode, entry = ("100644", blob) if blob else ("0", no_blob)
        lines.append(f"{mode} {entry}\t".encode() + os.fsencode(path) + b"\0")
    deadline = time.monotonic() + _INDEX_WAIT_SECONDS
    while True:
        try:
            write_git(repository, ["update-index", "-z", "--index-info"], lines)
            return
        except GitFailed as error:
            if not ("index.lock" in error.message and os.strerror(errno.EEXIST) in error.message):
                raise
            if time.monotonic() > deadline:
                raise StoreLocked(
                    f"Another git process holds {str(repository.git_dir / 'index.lock')!r}.",
                    "Wait for it to end. If none is running, remove that file.",
                ) from error
            time.sleep(0.05)
