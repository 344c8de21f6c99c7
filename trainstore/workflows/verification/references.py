"""Checks of HEAD and of packed references, which git reads before all else, and which one wrong byte can lead astray."""

import os
import re
import shlex
from pathlib import Path

from trainstore.store.git.repository import Repository
from trainstore.store.writing.work_tree import read_or_none
from trainstore.workflows.problem import Problem

_HEAD = re.compile(r"(?:ref: (?P<branch>refs/[^\x00-\x20]+)|[0-9a-f]{40}|[0-9a-f]{64})\n?")
_PACKED = re.compile(
    rb"# pack-refs with:[ a-z-]*|(?:[0-9a-f]{40}|[0-9a-f]{64}) refs/[^\n]+|\^[0-9a-f]{40,64}"
)


def check_references(repository: Repository) -> list[Problem]:
    """Return what is wrong with the names of commits; git itself says what is wrong with one branch."""
    packed = _text(repository.common_dir / "packed-refs")
    problems = _check_packed(repository, packed)
    head = _HEAD.fullmatch(_text(repository.git_dir / "HEAD"))
    branches = _branches(repository, packed)
    if head is None:
        place = shlex.quote(str(repository.git_dir / "HEAD"))
        branch = shlex.quote(branches[0] if branches else "refs/heads/main")
        hint = f"printf 'ref: %s\\n' {branch} > {place}"
        problems.append(
            Problem("reference", "HEAD is damaged: it names neither a branch nor a commit.", hint)
        )
    elif head["branch"] and branches and head["branch"] not in branches and not problems:
        problems.append(_unborn(repository, head["branch"], branches[0]))
    return problems


def last_commit(repository: Repository, name: str) -> str | None:
    """Return the commit that a reference last named, by its reflog."""
    for folder in (repository.common_dir, repository.git_dir):
        fields = _text(folder / "logs" / name).strip().rpartition("\n")[2].split(" ")
        if len(fields) > 1:
            return fields[1]
    return None


def _check_packed(repository: Repository, packed: str) -> list[Problem]:
    lines = os.fsencode(packed).split(b"\n")
    if lines[-1] == b"" and all(_PACKED.fullmatch(line) for line in lines[:-1]):
        return []
    place = shlex.quote(str(repository.common_dir / "packed-refs"))
    found = _HEAD.fullmatch(_text(repository.git_dir / "HEAD"))
    branch = found["branch"] if found and found["branch"] else "refs/heads/main"
    again = f" && git update-ref {shlex.quote(branch)} {last_commit(repository, branch) or 'COMMIT'}"
    hint = f"mv {place} {place}.damaged{again}; the other names stand in the damaged file."
    return [
        Problem("reference", "The file packed-refs, in which git keeps branches and tags, is damaged.", hint)
    ]


def _unborn(repository: Repository, branch: str, other: str) -> Problem:
    last = last_commit(repository, branch)
    hint = f"git symbolic-ref HEAD {shlex.quote(other)}"
    if last is not None:
        hint = f"git update-ref {shlex.quote(branch)} {last}"
    return Problem("reference", f"HEAD names {branch}, which has no commit, while {other} has.", hint)


def _branches(repository: Repository, packed: str) -> list[str]:
    """Return the branches that there are, those that were written last first."""
    heads = repository.common_dir / "refs" / "heads"
    files = [file for file in heads.rglob("*") if file.is_file()] if heads.is_dir() else []
    files.sort(key=lambda file: file.stat().st_mtime, reverse=True)
    loose = [str(file.relative_to(repository.common_dir)) for file in files]
    names = [line.partition(" ")[2] for line in packed.split("\n")]
    return list(dict.fromkeys([*loose, *(name for name in names if name.startswith("refs/heads/"))]))


def _text(file: Path) -> str:
    return os.fsdecode(read_or_none(file) or b"")
