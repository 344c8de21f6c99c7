"""Whether a file of HEAD's tree is what was saved, and says what the message of its commit says."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from trainstore.store.index.messages import LoggedCommit
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.reading import Committed

_MARKER = b"\n<<<<<<< "


@dataclass(frozen=True)
class Claim:
    """What a file says of itself.

    Attributes:
        path: the file.
        name: how it is told to a person.
        says: trailer -> the value that it should have; None where it should be absent.
        remedy: what to do where the message of its commit says otherwise.
    """

    path: str
    name: str
    says: Mapping[str, str | None]
    remedy: str


def compare_with_commits(committed: Committed, claim: Claim) -> list[Problem]:
    """Compare a file with the commits that tell of it; one that only plain commits wrote has nothing to keep.

    A plain commit that puts back the very bytes that were saved has the last word over a message.
    """
    path = claim.path
    tellers = committed.tellers.get(path, [])
    saving = [commit for commit in tellers if commit.action is not None]
    if not saving:
        return []
    wrote = [commit for commit in tellers if _written(committed, commit, path) == committed.files[path]]
    if not any(commit.action is not None for commit in wrote):
        return [_changed(committed, claim, saving)]
    if wrote[-1].action is None:
        return []
    return _compare_message(claim, wrote[-1])


def unreadable(committed: Committed, path: str, kind: str, content: bytes, reason: str) -> Problem:
    """Return the problem of a file that cannot be decoded."""
    source = last_saved(committed, path)
    hint = (
        put_back(source.commit, path)
        if source
        else f"git log -- {shlex.quote(path)} shows where it came from."
    )
    name = committed.name(path)
    if _MARKER in b"\n" + content:
        return Problem("conflict", f"{name} holds the marks of a merge that was not resolved.", hint)
    return Problem(kind, f"{name} cannot be read. {reason}", hint)


def last_saved(committed: Committed, path: str) -> LoggedCommit | None:
    """Return the last of trainstore's commits that wrote a file."""
    saved = [
        commit
        for commit in committed.tellers.get(path, [])
        if commit.action is not None and _written(committed, commit, path)
    ]
    return saved[-1] if saved else None


def put_back(commit: str, path: str) -> str:
    """Return the commands that bring a file back as a commit has it."""
    return f"git checkout {commit[:12]} -- {shlex.quote(path)} && git commit -m 'Put back what was saved'"


def _written(committed: Committed, commit: LoggedCommit, path: str) -> str | None:
    return committed.written.get(commit.commit, {}).get(path)


def _changed(committed: Committed, claim: Claim, saving: list[LoggedCommit]) -> Problem:
    source = last_saved(committed, claim.path)
    if source is None:
        what = f"Commit {saving[-1].commit[:12]} says that it saved {claim.name}, but has no such file."
        return Problem("message", what, claim.remedy)
    what = (
        f"{claim.name} is not what commit {source.commit[:12]} saved: it was changed and committed by hand."
    )
    return Problem("changed since saved", what, put_back(source.commit, claim.path))


def _compare_message(claim: Claim, commit: LoggedCommit) -> list[Problem]:
    differing = [
        f"its {key} is {str(commit.trailers.get(key))[:100]!r}, the file's {str(value)[:100]!r}"
        for key, value in claim.says.items()
        if commit.trailers.get(key) != value
    ]
    if not differing:
        return []
    what = f"The message of commit {commit.commit[:12]} disagrees with {claim.name}: {'; '.join(differing)}."
    return [Problem("message", what, claim.remedy)]
