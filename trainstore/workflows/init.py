"""Making a store of a git repository, or setting up a clone of one."""

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from trainstore.disk_format.dvc_files import DVC_CONFIG, DVC_GITIGNORE, DVCIGNORE, worktree_cache_config
from trainstore.disk_format.layout import FUNCTIONS, GITATTRIBUTES_LINES, GITIGNORE_LINES
from trainstore.errors import UsageError
from trainstore.store.git.changes import Commit, Write
from trainstore.store.git.read import list_tree, read_blobs
from trainstore.store.git.repository import Head, Repository, find_repository
from trainstore.store.git.write import FALLBACK_IDENTITY, has_identity, make_repository, set_config
from trainstore.store.messages import init_message
from trainstore.store.writing.disk_errors import disk_errors_told, is_full
from trainstore.store.writing.transaction import commit_changes
from trainstore.store.writing.work_tree import read_or_none, resolve_path, write_file

FUNCTIONS_README = f"""\
# {FUNCTIONS}

Training functions, one JSON file a version, kept by [trainstore](https://pypi.org/project/trainstore/):
`trainstore list` shows them, `trainstore history NAME` how one came to be, `trainstore show NAME --code` its code.
"""

_LINES = {".gitignore": GITIGNORE_LINES, ".gitattributes": GITATTRIBUTES_LINES}
_FILES = {
    f"{FUNCTIONS}/README.md": FUNCTIONS_README,
    ".dvc/config": DVC_CONFIG,
    ".dvc/.gitignore": DVC_GITIGNORE,
    ".dvcignore": DVCIGNORE,
}


@dataclass(frozen=True)
class InitResult:
    """What `init` found and did.

    Attributes:
        root: the top of the store.
        commit: the commit that made it; None where there was nothing to add.
        identity: the name that commits will carry where git knows none; None where it does.
    """

    root: Path
    commit: str | None
    identity: str | None


def init_store(folder: Path) -> InitResult:
    """Make the folder a store. Doing it again changes nothing; in a clone it sets up what git does not copy.

    Writes: the git repository, DVC's files, one commit; git's and DVC's local configuration.

    Raises:
        UsageError: the folder lies inside another repository, or cannot be made.
        StoreConflict: one of the files it would write has changes that are not committed.
    """
    repository = find_repository(
        next(place for place in (folder, *folder.absolute().parents) if place.is_dir())
    )
    if repository is not None and repository.root.resolve() != folder.resolve():
        raise UsageError(
            f"{str(folder)!r} lies inside the git repository {str(repository.root)!r}.",
            f"A store is a whole repository: trainstore init {shlex.quote(str(repository.root))}",
        )
    with disk_errors_told(folder.absolute(), "make the store"):
        repository = repository or _make_repository(folder)
        _configure(repository)
        commits = commit_changes(repository, lambda head: _missing_files(repository, head))
    return InitResult(
        repository.root,
        commits[0] if commits else None,
        None if has_identity(repository) else FALLBACK_IDENTITY,
    )


def _make_repository(folder: Path) -> Repository:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if is_full(error, folder.absolute()):
            raise
        raise UsageError(
            f"{str(folder)!r} cannot be a folder: {error.strerror}.", "Choose another."
        ) from error
    make_repository(folder)
    repository = find_repository(folder)
    assert repository is not None
    return repository


def _missing_files(repository: Repository, head: Head) -> list[Commit]:
    root = repository.root
    _put_back(repository, head)
    wanted = {path: _with_lines(root / path, lines) for path, lines in _LINES.items()}
    wanted |= {path: text.encode() for path, text in _FILES.items() if read_or_none(root / path) is None}
    changes = [Write(path, text) for path, text in wanted.items() if read_or_none(root / path) != text]
    return [Commit(init_message(), tuple(changes))] if changes else []


def _put_back(repository: Repository, head: Head) -> None:
    """Put back what is committed and lacks in the work tree, as it was committed."""
    if head.commit is None:
        return
    committed = list_tree(repository.root, head.commit, [*_LINES, *_FILES])
    contents = read_blobs(repository.root, committed.values())
    for path, blob in committed.items():
        if not os.path.lexists(resolve_path(repository.root, path)):
            write_file(repository.root / path, contents[blob])


def _with_lines(file: Path, lines: tuple[str, ...]) -> bytes:
    """Return the file's content with the lines that it lacks at its end."""
    content = read_or_none(file) or b""
    present = content.decode(errors="replace").splitlines()
    missing = [line for line in lines if line not in present]
    if missing and content and not content.endswith(b"\n"):
        content += b"\n"
    return content + "".join(f"{line}\n" for line in missing).encode()


def _configure(repository: Repository) -> None:
    """Set what a clone does not carry: the converter of `git diff`, and the cache of a linked worktree."""
    # git runs it at the top of the work tree: -P keeps a json.py that stands there from being imported.
    convert = f"{shlex.quote(sys.executable)} -P -m trainstore.disk_format.textconv"
    # A converter that has vanished makes `git diff` fatal: fall back to the file as it is.
    fallback = shlex.quote(f'{convert} "$1" 2>/dev/null || cat "$1"')
    command = f"sh -c {fallback} trainstore"
    set_config(repository, "diff.trainstore.textconv", command)
    if repository.main_root is not None:
        local = repository.root / ".dvc" / "config.local"
        if not local.exists():
            write_file(local, worktree_cache_config(repository.main_root).encode())
