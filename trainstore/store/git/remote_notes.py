"""Notes on a git remote, outside its branches: listed, copied here, and changed only where nobody else changed them meanwhile."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from trainstore.disk_format.remote_notes import COPIES, NOTES
from trainstore.errors import RemoteFailed
from trainstore.store.git.read import ask_git, read_blobs
from trainstore.store.git.remotes import remote_failure
from trainstore.store.git.repository import Repository
from trainstore.store.git.write import GitRefused, write_git

_SEEN = f"{NOTES}seen/"
# What git says where a reference is no more what it was when the push began.
_CHANGED = ("[rejected]", "stale info", "cannot lock ref", "reference already exists", "fetch first")


class Note(NamedTuple):
    """A change of a reference on a remote.

    Attributes:
        reference: its full name there.
        old: the object that it must lead to; None where it must not be there.
        new: the object that it is to lead to; None takes it away.
    """

    reference: str
    old: str | None
    new: str | None

    def arguments(self) -> tuple[str, str]:
        """Return what ``git push`` is told: what must hold, and what to do."""
        return f"--force-with-lease={self.reference}:{self.old or ''}", f"{self.new or ''}:{self.reference}"


def list_there(repository: Repository, remote: str) -> dict[str, str]:
    """Return every reference of a remote with what it leads to; of a tag also the commit, as ``NAME^{}``.

    Raises:
        RemoteFailed: the remote cannot be reached, or refuses.
    """
    try:
        output = write_git(repository, ["ls-remote", "--quiet", remote])
    except GitRefused as error:
        raise remote_failure(remote, "ls-remote", error) from error
    lines = (line.partition("\t") for line in output.decode(errors="surrogateescape").splitlines())
    return {name: identity for identity, _, name in lines if name.startswith("refs/")}


def write_notes(repository: Repository, remote: str, notes: Sequence[Note]) -> bool:
    """Change references of a remote, all of them or none. Writes: them.

    Returns:
        False where one was not what it must be: somebody else was there first.

    Raises:
        RemoteFailed: the remote cannot be reached, or refuses.
    """
    told = [note.arguments() for note in notes if note.old != note.new]
    if not told:
        return True
    demands, changes = zip(*told, strict=True)
    atomic = ["--atomic"] if len(told) > 1 else []
    try:
        write_git(repository, ["push", "--quiet", "--no-verify", *atomic, *demands, remote, *changes])
    except GitRefused as error:
        if any(word in error.told for word in _CHANGED):
            return False
        raise remote_failure(remote, "push", error) from error
    return True


def keep_blob(repository: Repository, content: bytes) -> str:
    """Keep a content among git's objects here, and return its id. Writes: one object."""
    return write_git(repository, ["hash-object", "-w", "--stdin"], [content]).decode().strip()


def read_note(repository: Repository, remote: str, reference: str) -> tuple[str, bytes] | None:
    """Return a note of a remote as it is now, with its object's id; None where there is none.

    Raises:
        RemoteFailed: the remote cannot be reached, or refuses.
    """
    place = f"{_SEEN}{reference.removeprefix(NOTES)}"
    _fetch(repository, remote, f"+{reference}*:{place}*")  # a pattern may match nothing
    found = _references(repository, place).get(place)
    return (found, read_blobs(repository.root, [found])[found]) if found else None


@contextmanager
def everything_there(repository: Repository, remote: str) -> Iterator[Mapping[str, str]]:
    """Copy every reference of a remote here, with all that they lead to; give the copies' objects by the names there.

    While they are here, they hold on to what they lead to like a branch.

    Raises:
        RemoteFailed: the remote cannot be reached, or refuses.
    """
    try:
        _fetch(repository, remote, f"+refs/*:{COPIES}*")
        found = _references(repository, COPIES)
        yield {f"refs/{name.removeprefix(COPIES)}": identity for name, identity in found.items()}
    finally:
        gone = "".join(f"delete {name}\n" for name in _references(repository, COPIES))
        write_git(repository, ["update-ref", "--stdin"], [gone.encode(errors="surrogateescape")])


def _references(repository: Repository, beginning: str) -> dict[str, str]:
    output = ask_git(
        repository.root, ["for-each-ref", "--format=%(objectname) %(refname)", beginning.rstrip("/")]
    )
    lines = (line.partition(" ") for line in output.decode(errors="surrogateescape").splitlines())
    return {name: identity for identity, _, name in lines}


def _fetch(repository: Repository, remote: str, what: str) -> None:
    command = ["fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--refmap=", remote, what]
    try:
        write_git(repository, command)
    except GitRefused as error:
        raise remote_failure(remote, "fetch", error) from error


def is_refusal(error: RemoteFailed) -> bool:
    """Tell whether a remote was reached and does not want what it was given."""
    return isinstance(error.__cause__, GitRefused) and "[remote rejected]" in error.__cause__.told
