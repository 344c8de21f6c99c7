"""Git's writing commands, each one step of a transaction. The only module that imports GitPython."""

import os
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path

import git

from trainstore.errors import GitFailed
from trainstore.store.git.changes import Commit
from trainstore.store.git.fast_import import Identity, Written, read_answers, to_stream
from trainstore.store.git.few_commits import add_few_commits
from trainstore.store.git.repository import Head, Repository

FALLBACK_IDENTITY = "trainstore <trainstore@localhost>"


def make_repository(folder: Path) -> None:
    """Make a git repository. Writes: ``.git``."""
    root = folder.resolve()
    write_git(Repository(root, root / ".git", root / ".git"), ["init", "--quiet"])


def set_config(repository: Repository, key: str, value: str) -> None:
    """Set a value in the repository's own configuration, where it differs. Writes: ``.git/config``."""
    if _value(repository, ["config", "--local", "--get", key]) != value:
        write_git(repository, ["config", "--local", key, value])


def has_identity(repository: Repository) -> bool:
    """Tell whether the user has told git who they are."""
    return _identity(_variables(repository), "AUTHOR") is not None


def read_identity(repository: Repository) -> Identity:
    """Return who commits, and when: now."""
    now = time.time()
    zone = time.strftime("%z", time.localtime(now))
    told = _variables(repository)
    author, committer = (_identity(told, role) or FALLBACK_IDENTITY for role in ("AUTHOR", "COMMITTER"))
    signs = "commit.gpgsign" in told and _signs(repository)
    return Identity(author, committer, int(now), zone, signs, "core.sharedrepository" in told)


def add_commits(
    repository: Repository, head: Head, commits: Sequence[Commit], private: str, identity: Identity
) -> Written:
    """Write a chain of commits on top of HEAD: a few as loose objects, else by fast-import into a private reference."""
    few = add_few_commits(repository, head.commit, commits, identity)
    if few is not None:
        return few
    stream = to_stream(commits, private, head.commit, identity)
    output = write_git(repository, ["fast-import", "--quiet", "--force"], stream, _KEPT_MEMORY)
    written = read_answers(commits, output)
    if identity.signs:
        _sign(repository, head, commits, written.commits, private)
    return written


def move_branch(repository: Repository, head: Head, commit: str, private: str, reason: str) -> bool:
    """Move the branch that HEAD named to a commit and drop the private reference, both or neither.

    Returns:
        False where the branch has moved meanwhile.
    """
    old = head.commit or "0" * len(commit)
    target = head.branch or "HEAD"
    lines = [
        "start",
        "option no-deref",
        f"update {target} {commit} {old}",
        f"delete {private}",
        "prepare",
        "commit",
        "",
    ]
    try:
        write_git(
            repository,
            ["update-ref", "-m", f"trainstore: {reason}", "--stdin"],
            [os.fsencode("\n".join(lines))],
        )
    except GitFailed:
        if _value(repository, ["rev-parse", "--verify", "--quiet", target]) == head.commit:
            raise
        return False
    return True


def drop_reference(repository: Repository, private: str) -> None:
    """Delete a private reference, if it is there."""
    write_git(repository, ["update-ref", "-d", private])


def _variables(repository: Repository) -> dict[str, str]:
    """Return git's whole configuration and its own variables, from one process; of several values the last."""
    lines = write_git(repository, ["var", "-l"]).decode(errors="replace").splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _identity(told: Mapping[str, str], role: str) -> str | None:
    """Return ``Name <email>`` as git writes it; None where git would have to guess a part of it."""
    for part in ("name", "email"):
        given = (
            os.environ.get(f"GIT_{role}_{part.upper()}"),
            told.get(f"{role.lower()}.{part}"),
            told.get(f"user.{part}"),
        )
        if not next((value for value in given if value is not None), None):
            return None
    return told[f"GIT_{role}_IDENT"].rsplit(" ", 2)[0]


def _signs(repository: Repository) -> bool:
    return _value(repository, ["config", "--type=bool", "--get", "commit.gpgSign"]) == "true"


def _sign(
    repository: Repository, head: Head, commits: Sequence[Commit], ids: list[str], private: str
) -> None:
    """Make each commit of the chain anew with the user's signature; fast-import cannot sign."""
    parent = head.commit
    for place, (commit, unsigned) in enumerate(zip(commits, ids, strict=True)):
        author_date = _value(repository, ["show", "--no-patch", "--format=%ad", "--date=raw", unsigned])
        date = {"GIT_AUTHOR_DATE": f"@{author_date}"}  # without the @ a small number is read as a day
        parents = [parent] if parent else []
        tree = f"{unsigned}^{{tree}}"
        ids[place] = parent = commit_tree(repository, tree, parents, commit.message, signs=True, told=date)
    write_git(repository, ["update-ref", private, ids[-1]])


def commit_tree(
    repository: Repository,
    tree: str,
    parents: Sequence[str],
    message: str,
    *,
    signs: bool,
    told: Mapping[str, str] | None = None,
) -> str:
    """Make a commit of a tree by git's own means, and return its id. Writes: one object.

    Args:
        repository: where to.
        tree: its id, or how git finds it.
        parents: full ids.
        message: subject and trailers.
        signs: whether with the user's signature.
        told: what git is told in its environment besides who commits.
    """
    named = () if has_identity(repository) else product(("AUTHOR", "COMMITTER"), _FALLBACK)
    environment = {f"GIT_{role}_{what}": text for role, (what, text) in named} | dict(told or {})
    above = [word for parent in parents for word in ("-p", parent)]
    command = ["commit-tree", *(["-S"] if signs else []), *above, "-F", "-", tree]
    return write_git(repository, command, [message.encode(errors="replace")], environment).decode().strip()


_FALLBACK = (("NAME", "trainstore"), ("EMAIL", "trainstore@localhost"))


# glibc's allocator: fast-import frees and asks for its last memory with every object, which takes half of its time.
_KEPT_MEMORY = {"MALLOC_TOP_PAD_": str(16 << 20)}

# git does not flush loose objects to the disk by default; a save that was reported must outlive a power loss.
_SETTINGS = ("-c", "core.fsync=all", "-c", "i18n.commitEncoding=UTF-8")


def _environment(repository: Repository) -> dict[str, str]:
    """Return what git is told beside the environment at hand, which names another repository inside a hook."""
    named = {
        "GIT_DIR": repository.git_dir,
        "GIT_WORK_TREE": repository.root,
        "GIT_INDEX_FILE": repository.git_dir / "index",
        "GIT_COMMON_DIR": repository.common_dir,
        "GIT_OBJECT_DIRECTORY": repository.common_dir / "objects",
    }
    own = {name: str(path) for name, path in named.items()} if named.keys() & os.environ.keys() else {}
    return {"GIT_TERMINAL_PROMPT": "0", **own}


def _value(repository: Repository, arguments: Sequence[str]) -> str | None:
    try:
        return write_git(repository, arguments).decode(errors="replace").strip() or None
    except GitFailed:
        return None


class GitRefused(GitFailed):
    """A writing command failed; ``told`` is all that git had to say."""

    def __init__(self, command: str, told: str) -> None:
        super().__init__(f"git {command} failed: {told.splitlines()[0]}")
        self.told = told


def write_git(
    repository: Repository,
    arguments: Sequence[str],
    given: Iterable[bytes] = (),
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """Run a writing git command and return its output.

    Raises:
        GitFailed: git is missing or refuses.
    """
    command = ["git", "-C", str(repository.root), *_SETTINGS, *arguments]
    with tempfile.TemporaryFile() as stream:
        stream.writelines(given)
        stream.seek(0)
        try:
            output = git.Git().execute(  # given a folder, it would replace "$NAME" in its path
                command,
                istream=stream,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                env={**_environment(repository), **(environment or {})},
            )
        except git.GitCommandError as error:
            told = str(error.stderr).strip().removeprefix("stderr: ").strip("' \n") or str(error)
            raise GitRefused(arguments[0], told) from error
        except git.GitCommandNotFound as error:
            raise GitFailed("The git program was not found.", "Install git 2.30 or later.") from error
    return bytes(output) if isinstance(output, bytes | bytearray) else str(output).encode()
