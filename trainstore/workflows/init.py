"""Making a store of a git repository, or setting up a clone of one."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from trainstore.disk_format.dvc_files import DVC_CONFIG, DVC_GITIGNORE, DVCIGNORE, worktree_cache_config
from trainstore.disk_format.layout import FUNCTIONS, GITATTRIBUTES_LINES, GITIGNORE_LINES
from trainstore.errors import UsageError
from trainstore.store.changes import Commit, Write
from trainstore.store.git_write import FALLBACK_IDENTITY, has_identity, make_repository, set_config
from trainstore.store.messages import init_message
from trainstore.store.repository import Repository, find_repository
from trainstore.store.transaction import commit_changes
from trainstore.store.work_tree import read_or_none, write_file

FUNCTIONS_README = f"""\
# {FUNCTIONS}

Training functions, one JSON file a version, kept by [trainstore](https://pypi.org/project/trainstore/):
`trainstore list` shows them, `trainstore history NAME` how one came to be, `trainstore show NAME --code` its code.
"""


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
        UsageError: the folder lies inside another repository.
        StoreConflict: one of the files it would write has changes that are not committed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    repository = find_repository(folder)
    if repository is None:
        make_repository(folder)
        repository = find_repository(folder)
    if repository is None or repository.root.resolve() != folder.resolve():
        top = repository.root if repository else folder
        raise UsageError(
            f"{str(folder)!r} lies inside the git repository {str(top)!r}.",
            f"A store is a whole repository: trainstore init {shlex.quote(str(top))}",
        )
    _configure(repository)
    commits = commit_changes(repository, lambda _: _missing_files(repository))
    return InitResult(
        repository.root,
        commits[0] if commits else None,
        None if has_identity(repository) else FALLBACK_IDENTITY,
    )


def _missing_files(repository: Repository) -> list[Commit]:
    root = repository.root
    wanted = {
        ".gitignore": _with_lines(root / ".gitignore", GITIGNORE_LINES),
        ".gitattributes": _with_lines(root / ".gitattributes", GITATTRIBUTES_LINES),
        f"{FUNCTIONS}/README.md": FUNCTIONS_README.encode(),
        ".dvc/config": DVC_CONFIG.encode(),
        ".dvc/.gitignore": DVC_GITIGNORE.encode(),
        ".dvcignore": DVCIGNORE.encode(),
    }
    changes = []
    for path, content in wanted.items():
        found = read_or_none(root / path)
        if found is None or (path.startswith(".git") and found != content):
            changes.append(Write(path, content))
    return [Commit(init_message(), tuple(changes))] if changes else []


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
