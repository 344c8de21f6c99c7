"""Checks of the records in HEAD's tree: each can be read, is what was saved, and is there once."""

import shlex
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TypeAlias

from trainstore.disk_format.layout import is_record_path
from trainstore.errors import InvalidRecord
from trainstore.records.origin import origin_of
from trainstore.records.training_record import TrainingRecord, check_record, decode_record
from trainstore.store.index.messages import LoggedCommit
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.reading import Committed
from trainstore.workflows.verification.tellers import Claim, compare_with_commits, unreadable

Identity: TypeAlias = tuple[str, str, str, str]  # data type, model name, digests of code and search space


def check_records(
    committed: Committed, content: bool, on_count: Callable[[int, int], None]
) -> tuple[list[Problem], dict[str, str]]:
    """Check every record in HEAD's tree.

    Args:
        committed: what git holds.
        content: parse each record's code and search space as well.
        on_count: is told how many of how many are done.

    Returns:
        The problems, and the digest of the code of each record that can be read, by path.
    """
    problems: list[Problem] = []
    paths = sorted(path for path in committed.files if is_record_path(path))
    identities: dict[str, Identity] = {}
    first_of: dict[tuple[Identity, int], str] = {}
    for count, (path, data) in enumerate(committed.contents(paths), start=1):
        on_count(count, len(paths))
        try:
            record = decode_record(data, PurePosixPath(path).name, 0)
        except InvalidRecord as error:
            problems.append(unreadable(committed, path, "record", data, error.message))
            continue
        identity = identities[path] = _identity(record)
        claim = _claim(committed, path, record)
        problems += compare_with_commits(committed, claim) or _check_source(committed, claim, identity)
        twin = first_of.setdefault((identity, record.timestamp), path)
        problems += [_twice(committed, twin, path)] if twin != path else []
        problems += _check_code(committed, path, record) if content else []
    problems += _check_hidden(committed, identities)
    return problems, {path: identity[2] for path, identity in identities.items()}


def _identity(record: TrainingRecord) -> Identity:
    return record.data_type, record.model_name, record.code_digest, record.space_digest


def _claim(committed: Committed, path: str, record: TrainingRecord) -> Claim:
    """Return what a record says itself; what it lacks came from the file that it was imported from."""
    profile = record.content.get("data_profile") or {}
    said = {
        "Model-Name": record.model_name,
        "Data-Type": record.data_type if profile.get("data_type") else None,
        "Version-Timestamp": str(record.timestamp) if record.content.get("timestamp") is not None else None,
        "Code-Digest": record.code_digest,
        "Space-Digest": record.space_digest,
    }
    origin = origin_of(record.content)
    may_be_absent = {
        "Data-Kind": origin.data_kind,
        "Request-Digest": origin.request_digest,
        "Parent": origin.parent,
    }
    quoted = shlex.quote(path)
    remedy = (
        "The file is the truth. Committed once more with plain git, it is believed: "
        f"git rm {quoted} && git commit -m 'Take out' && git checkout HEAD~1 -- {quoted} && git commit -m 'Put back'"
    )
    says = {key: value for key, value in said.items() if value} | may_be_absent
    return Claim(path, committed.name(path), says, remedy)


def _check_source(committed: Committed, claim: Claim, identity: Identity) -> list[Problem]:
    """Check that a version is known as the tree has it; a later message may claim something else of its path."""
    version = committed.versions.get(claim.path)
    if version is None:
        return []
    blob = committed.written.get(version.commit, {}).get(claim.path)
    digests = version.code_digest, version.space_digest
    if blob in {None, committed.files[claim.path]} and digests == identity[2:]:
        return []
    what = f"{claim.name} is known by what commit {version.commit[:12]} says of it, which is not what the tree has."
    return [Problem("misread", what, claim.remedy)]


def _twice(committed: Committed, first: str, second: str) -> Problem:
    return Problem(
        "duplicate",
        f"{committed.name(second)} is the same function, second, code and search space as {first}.",
        f"Keep one: git rm {shlex.quote(second)} && git commit -m 'Take out a copy'",
    )


def _check_code(committed: Committed, path: str, record: TrainingRecord) -> list[Problem]:
    try:
        check_record(record)
    except InvalidRecord as error:
        what = f"{committed.name(path)} is whole, but cannot be run. {error.message}"
        return [Problem("code", what, "Save a corrected version: trainstore save FILE", "warning")]
    return []


def _check_hidden(committed: Committed, identities: dict[str, Identity]) -> list[Problem]:
    """Find versions whose path another one has taken, as when two people save in one second and merge."""
    known = set(identities.values())
    for path, commits in committed.tellers.items():
        if path not in identities:
            known |= {_told(commit) for commit in commits[-1:]}
    problems = []
    for path, commits in committed.tellers.items():
        saving = [commit for commit in commits if commit.action is not None and is_record_path(path)]
        for commit in saving if len(saving) > 1 else ():
            blob = committed.written.get(commit.commit, {}).get(path)
            if blob not in {None, committed.files.get(path)} and _told(commit) not in known:
                problems.append(_hidden(path, commit, path in identities))
    return problems


def _hidden(path: str, commit: LoggedCommit, in_tree: bool) -> Problem:
    name = f"{commit.trailers.get('Data-Type')}/{commit.trailers.get('Model-Name')}"
    where = "holds another one's record" if in_tree else "was taken by another one"
    return Problem(
        "hidden",
        f"A version of {name} that commit {commit.commit[:12]} saved is in history only: its path {path} {where}.",
        f"Save it again: git cat-file blob {shlex.quote(f'{commit.commit}:{path}')} | trainstore save -",
    )


def _told(commit: LoggedCommit) -> Identity:
    keys = ("Data-Type", "Model-Name", "Code-Digest", "Space-Digest")
    data_type, model_name, code, space = (commit.trailers.get(key, "") for key in keys)
    return data_type, model_name, code, space
