"""Which files each of many commits wrote, from one question to git."""

import os
from collections.abc import Iterable, Sequence

from trainstore.store.git.read import ask_git
from trainstore.store.git.repository import Repository

_FILE_MODES = (b"100644", b"100755")


def files_of_commits(
    repository: Repository, commits: Iterable[str], folders: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Return for each commit the files below some folders that it added or changed: path -> blob id.

    Links and submodules are no files. A merge counts against each of its parents, a first commit against nothing.
    """
    output = ask_git(
        repository.root,
        [
            "diff-tree",
            "--stdin",
            "-r",
            "-z",
            "-m",
            "--root",
            "--no-renames",
            "--diff-filter=AM",
            "--",
            *folders,
        ],
        "".join(f"{commit}\n" for commit in commits).encode(),
    )
    found: dict[str, dict[str, str]] = {}
    files: dict[str, str] = {}
    fields = iter(output.split(b"\0")[:-1])
    for head in fields:
        if not head.startswith(b":"):
            files = found.setdefault(head.decode(), {})
            continue
        path = os.fsdecode(next(fields))
        _, mode, _, blob, _ = head.split(b" ")
        if mode in _FILE_MODES:
            files[path] = blob.decode()
    return found
