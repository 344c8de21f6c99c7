"""Reading from git, by asking the git program; nothing here writes, and nothing of a user's reaches it as an option."""

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainstore.errors import GitFailed

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
        raise GitFailed(
            f"git {arguments[0]} failed: {_first_line(ended.stderr)}", "Run git status to see more."
        )
    return ended.stdout


def try_git(folder: Path, arguments: Sequence[str]) -> bytes | None:
    """Run a reading git command whose refusal is an answer; return None then."""
    ended = _run(folder, arguments, None)
    return ended.stdout if ended.returncode == 0 else None


@dataclass(frozen=True)
class Findings:
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
    for line in output.split(b"\0")[:-1]:
        entry, _, path = line.partition(b"\t")
        _, kind, blob = entry.split(b" ")
        if kind == b"blob":  # the commit of a submodule is none of this repository's objects
            files[os.fsdecode(path)] = blob.decode()
    return files


def read_blobs(folder: Path, blob_ids: Iterable[str]) -> dict[str, bytes]:
    """Return the content of many blobs by their ids, from one process."""
    wanted = sorted(set(blob_ids))
    if not wanted:
        return {}
    output = ask_git(folder, ["cat-file", "--batch", "--buffer"], "\n".join(wanted).encode() + b"\n")
    contents = {}
    place = 0
    for _ in wanted:
        end_of_header = output.index(b"\n", place)
        blob_id, *told = output[place:end_of_header].decode().split(" ")
        if len(told) != 2:
            raise GitFailed(f"Object {blob_id} is {told[0]}.", "See what is damaged with: git fsck")
        size = int(told[1])
        place = end_of_header + 1
        contents[blob_id] = output[place : place + size]
        place += size + 1
    return contents


def _run(folder: Path, arguments: Sequence[str], given: bytes | None) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *_SETTINGS, *arguments],
            cwd=folder,
            env=git_environment(),
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            check=False,
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        if not folder.is_dir():
            raise GitFailed(f"There is no folder {str(folder)!r}.") from error
        raise GitFailed("The git program was not found.", "Install git 2.30 or later.") from error


def _first_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else "it said nothing"
