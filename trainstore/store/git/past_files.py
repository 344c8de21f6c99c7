"""Which files a history ever had below some folders, and which commits took them away."""

import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from trainstore.disk_format.trailers import from_message
from trainstore.store.git.read import ask_git, read_blobs
from trainstore.store.git.repository import Repository

_NOTHING = re.compile(rb"0+")
_COMMITTED = re.compile(rb"^committer .* ([0-9]{1,15}) [+-][0-9]{4}$", re.MULTILINE)
_PARENT = re.compile(rb"^parent ([0-9a-f]{40,64})$", re.MULTILINE)


class PastFile(NamedTuple):
    """A file that a commit put at a path, or took away or replaced there.

    Attributes:
        gone: whether the commit took it away; it may have come back later.
    """

    commit: str
    path: str
    blob: str
    gone: bool


class Removal(NamedTuple):
    """When a commit was made, in Unix seconds, and by which of trainstore's actions; None for plain git."""

    when: int
    action: str | None


def past_files(repository: Repository, tips: Iterable[str], folders: Sequence[str]) -> list[PastFile]:
    """Return what every commit that references or tips lead to did to files below folders.

    A merge counts against each of its parents: what it lacks of any of them, it took away.
    """
    given = "".join(f"{tip}\n" for tip in dict.fromkeys(tips)).encode()
    return _changed(repository, ask_git(repository.root, ["rev-list", "--all", "--stdin"], given), folders)


def forgotten_files(repository: Repository, folders: Sequence[str]) -> list[PastFile]:
    """Return likewise what those commits did that no reference leads to any more, but a reflog still knows."""
    return _changed(repository, ask_git(repository.root, ["rev-list", "--reflog", "--not", "--all"]), folders)


def _changed(repository: Repository, commits: bytes, folders: Sequence[str]) -> list[PastFile]:
    output = ask_git(
        repository.root,
        ["diff-tree", "--stdin", "-r", "-z", "-m", "--root", "--no-renames", "--", *folders],
        commits,
    )
    found = []
    fields = iter(output.split(b"\0")[:-1])
    commit = ""
    for head in fields:
        if not head.startswith(b":"):
            commit = head.decode()
            continue
        path = os.fsdecode(next(fields))
        old_mode, mode, old, new, _ = head.removeprefix(b":").split(b" ")
        for file_mode, blob, gone in ((old_mode, old, True), (mode, new, False)):
            if file_mode != b"160000" and not _NOTHING.fullmatch(blob):
                found.append(PastFile(commit, path, blob.decode(), gone))
    return found


def read_removals(repository: Repository, commits: Iterable[str], now: int) -> dict[str, Removal]:
    """Return when commits were made and what they did.

    One whose clock was behind counts from its parents; of these, one from the future is not believed.
    """
    contents = read_blobs(repository.root, commits)
    above = {
        commit: [one.decode() for one in _PARENT.findall(_head(raw))] for commit, raw in contents.items()
    }
    parents = read_blobs(repository.root, {one for some in above.values() for one in some})
    times = {commit: _time(raw) for commit, raw in (parents | contents).items()}
    return {
        commit: Removal(
            max([times[commit], *(times[one] for one in above[commit] if times[one] <= now)]), _action(raw)
        )
        for commit, raw in contents.items()
    }


def _head(raw: bytes) -> bytes:
    return raw.partition(b"\n\n")[0]


def _time(raw: bytes) -> int:
    found = _COMMITTED.search(_head(raw))
    return int(found[1]) if found else 0


def _action(raw: bytes) -> str | None:
    message = raw.partition(b"\n\n")[2].decode(errors="replace")
    return dict(reversed(from_message(message))).get("Trainstore-Action")
