"""Reading from git, by asking the git program; nothing here writes, and nothing of a user's reaches it as an option."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from trainstore.errors import GitFailed

if TYPE_CHECKING:
    from subprocess import CompletedProcess, Popen

_PIECE_BYTES = 1 << 20

_NOT_FOUND = (b" missing", b" ambiguous", b" submodule")

_SETTINGS = (
    "-c",
    "core.quotePath=false",
    "-c",
    "log.showSignature=false",
    "--no-optional-locks",
    "--literal-pathspecs",
)


def git_environment() -> dict[str, str]:
    """Return the environment for every git process: English messages, no prompts, no inherited repository."""
    inherited = {name: value for name, value in os.environ.items() if name not in _REPOSITORY_VARIABLES}
    return {**inherited, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


# Set by git while a hook runs; they would point every command here at the hook's repository.
_REPOSITORY_VARIABLES = {
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX",
    "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",  # at odds with --literal-pathspecs
}  # fmt: skip


def ask_git(folder: Path, arguments: Sequence[str], given: bytes | None = None) -> bytes:
    """Run a reading git command and return its output.

    Raises:
        GitFailed: git is missing or refuses; the message is git's own.
    """
    ended = _run(folder, arguments, given)
    if ended.returncode != 0:
        raise _refused(arguments, ended.stderr)
    return ended.stdout


def stream_fields(folder: Path, arguments: Sequence[str]) -> Iterator[str]:
    """Run a reading git command and yield the fields of its output, each ended by a zero byte, while it runs.

    Raises:
        GitFailed: git is missing or refuses.
    """
    import tempfile  # what a reading command seldom needs

    begun = b""
    with tempfile.TemporaryFile() as errors:
        with _start(folder, arguments, errors) as process:
            assert process.stdout is not None
            try:
                while piece := process.stdout.read(_PIECE_BYTES):
                    whole, end, begun = (begun + piece).rpartition(b"\0")
                    if end:
                        yield from whole.decode(errors="replace").split("\0")
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            errors.seek(0)
            raise _refused(arguments, errors.read())


def try_git(folder: Path, arguments: Sequence[str]) -> bytes | None:
    """Run a reading git command whose refusal is an answer; return None then."""
    ended = _run(folder, arguments, None)
    return ended.stdout if ended.returncode == 0 else None


class Findings(NamedTuple):
    """What a git command found: its exit code, 0 where all is well, and both of its outputs."""

    exit_code: int
    output: bytes
    errors: str


def examine_with_git(folder: Path, arguments: Sequence[str], given: bytes | None = None) -> Findings:
    """Run a git command that examines, and whose complaints are the answer."""
    ended = _run(folder, arguments, given)
    return Findings(ended.returncode, ended.stdout, ended.stderr.decode(errors="replace"))


def read_file(folder: Path, commit: str, path: str) -> bytes:
    """Return a file as it stands in a commit.

    Raises:
        GitFailed: the commit has no such file.
    """
    return ask_git(folder, ["cat-file", "blob", f"{commit}:{path}"])


def list_tree(folder: Path, commit: str, paths: Sequence[str]) -> dict[str, str]:
    """Return the blob id of every file of a commit below the given paths, by path."""
    output = ask_git(folder, ["ls-tree", "-r", "-z", commit, "--", *paths])
    files = {}
    for line in os.fsdecode(output).split("\0")[:-1]:
        entry, _, path = line.partition("\t")
        if entry[7:12] == "blob ":  # behind a mode; a submodule's commit is none of the objects here
            files[path] = entry[12:]
    return files


class GitObject(NamedTuple):
    """An object of git's: its id, its kind (``blob``, ``tree``, ``commit``, ``tag``), its bytes."""

    identity: str
    kind: str
    content: bytes


def read_objects(folder: Path, names: Sequence[bytes]) -> list[GitObject | None]:
    """Return the object that each name leads to, such as an id or ``COMMIT:PATH``; None where git finds none.

    Starts one process. A name is a line, so none may hold a line feed.
    """
    if not names:
        return []
    output = ask_git(folder, ["cat-file", "--batch", "--buffer"], b"".join(b"%s\n" % name for name in names))
    found: list[GitObject | None] = []
    place = 0
    for name in names:
        end = output.index(b"\n", place)
        header, place = output[place:end], end + 1
        if header.startswith(name) and header.endswith(_NOT_FOUND):
            found.append(None)
            continue
        identity, kind, size = header.decode().split(" ")
        found.append(GitObject(identity, kind, output[place : place + int(size)]))
        place += int(size) + 1
    return found


def read_blobs(folder: Path, blob_ids: Iterable[str]) -> dict[str, bytes]:
    """Return the content of many blobs by their ids, from one process."""
    wanted = sorted(set(blob_ids))
    contents = {}
    for blob_id, found in zip(wanted, read_objects(folder, [one.encode() for one in wanted]), strict=True):
        if found is None:
            raise GitFailed(f"Object {blob_id} is missing.", "See what is damaged with: git fsck")
        contents[blob_id] = found.content
    return contents


def blobs_at(folder: Path, places: Sequence[tuple[str, str]]) -> list[str | None]:
    """Return the blob id of each (commit, path); None where the commit has no such file."""
    asked = [place for place in places if "\n" not in place[1]]  # each question is a line
    lines = b"".join(os.fsencode(f"{commit}:{path}\n") for commit, path in asked)
    answers = ask_git(folder, ["cat-file", "--batch-check=%(objecttype) %(objectname)"], lines).split(b"\n")
    blobs = {
        place: answer.removeprefix(b"blob ").decode()
        for place, answer in zip(asked, answers, strict=False)
        if answer.startswith(b"blob ") and not answer.endswith(b" missing")
    }
    return [blobs.get(place) for place in places]


def _run(folder: Path, arguments: Sequence[str], given: bytes | None) -> "CompletedProcess[bytes]":
    import subprocess  # what a reading command often does without

    with _missing_told(folder):
        return subprocess.run(
            ["git", *_SETTINGS, *arguments],
            cwd=folder,
            env=git_environment(),
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            check=False,
        )


def _start(folder: Path, arguments: Sequence[str], errors: IO[bytes]) -> "Popen[bytes]":
    import subprocess

    with _missing_told(folder):
        return subprocess.Popen(
            ["git", *_SETTINGS, *arguments],
            cwd=folder,
            env=git_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )


@contextmanager
def _missing_told(folder: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        if not folder.is_dir():
            raise GitFailed(f"There is no folder {str(folder)!r}.") from error
        raise GitFailed("The git program was not found.", "Install git 2.30 or later.") from error


def _refused(arguments: Sequence[str], errors: bytes) -> GitFailed:
    return GitFailed(f"git {arguments[0]} failed: {_first_line(errors)}", "Run git status to see more.")


def _first_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else "it said nothing"
