"""From what a person wrote to the one function, version or run that it names."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from trainstore.errors import NotFound
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Event, RunEntry, Version
from trainstore.store.index.queries import Index

if TYPE_CHECKING:
    from trainstore.disk_format.version_names import Reading

_COMMIT = re.compile(r"[0-9a-f]{4,64}")
_LIST = "See what there is with: trainstore list"


def resolve_function(index: Index, name: str) -> tuple[str, str]:
    """Return the (data type, model name) of the function with this name.

    Raises:
        NotFound: none or several have it.
    """
    found = index.function_names(name)
    if len(found) > 1:  # another one's model name may hold a slash, and read like this one's whole name
        found = [function for function in found if "/".join(function) == name] or found
    if len(found) > 1:
        names = ", ".join(f"{data_type}/{model_name}" for data_type, model_name in found[:5])
        raise NotFound(f"{name[:200]!r} names {len(found)} functions.", f"Say which: {names}.")
    if not found:
        raise NotFound(f"There is no function {name[:200]!r}.", _nearest(index, name))
    return found[0]


def resolve_version(repository: Repository, index: Index, text: str) -> Version:
    """Return the version that a text names: ``NAME``, ``NAME@3``, ``NAME~1``, a commit id or a file.

    Raises:
        NotFound: nothing or several match; the hint lists the nearest.
    """
    from trainstore.disk_format.version_names import parse_version_name

    for reading in parse_version_name(text):
        version = _read(repository, index, reading)
        if version is not None:
            return version
    raise NotFound(f"There is no function or version {text[:200]!r}.", _nearest(index, text))


def resolve_run(index: Index, text: str) -> RunEntry:
    """Return the run whose id is, or begins with, a text.

    Raises:
        NotFound: none or several do.
    """
    runs = index.runs_with_prefix(text) if text else []
    if len(runs) == 1:
        return runs[0]
    if runs:
        raise NotFound(
            f"{text!r} begins {len(runs)} run ids.", f"The first two: {runs[0].run_id}, {runs[1].run_id}."
        )
    function = re.split("[@~]", text, maxsplit=1)[0]
    named = function if index.function_names(function) else ""
    raise NotFound(f"There is no run {text[:200]!r}.", f"See the runs with: {_command('runs', named)}")


def resolve_event(index: Index, text: str) -> Event:
    """Return what a commit of trainstore's did, by 4 hex digits of its id or more.

    Raises:
        NotFound: none or several begin so.
    """
    events = index.events_of_commits(text) if _COMMIT.fullmatch(text) else []
    if len(events) == 1:
        return events[0]
    if events:
        raise NotFound(f"{text!r} begins {len(events)} commits of trainstore's.", "Give more digits.")
    raise NotFound(f"{text[:200]!r} is no commit of trainstore's.", "See them with: trainstore history")


def current_version(versions: list[Version]) -> Version | None:
    """Return the newest version in the tree, or None where all are pruned."""
    return next((version for version in reversed(versions) if version.present), None)


def _read(repository: Repository, index: Index, reading: "Reading") -> Version | None:
    """Return the version by one reading; None where that reading does not apply at all."""
    from trainstore.disk_format.version_names import Before, CommitPrefix, Current, FilePath, Numbered

    match reading:
        case Current(name):
            return _of_function(index, name, name) if index.function_names(name) else None
        case Numbered(name, number):
            return _numbered(index, name, number) if index.function_names(name) else None
        case Before(name, steps):
            return _of_function(index, f"{name}~{steps}", name, steps) if index.function_names(name) else None
        case CommitPrefix(prefix):
            return _only(f"Commit {prefix}", index.versions_of_commits(prefix))
        case FilePath(path):
            return _at_path(repository, index, path)


def _of_function(index: Index, text: str, name: str, steps: int = 0) -> Version:
    versions = index.versions(*resolve_function(index, name))
    present = [version for version in versions if version.present]
    if steps >= len(present):
        kept = f"{len(present)} version{'s' if len(present) != 1 else ''} in the tree"
        raise NotFound(
            f"There is no {text!r}: {name!r} has {kept}.",
            f"See all of them with: {_command('history', name)}",
        )
    return present[-1 - steps]


def _numbered(index: Index, name: str, number: int) -> Version:
    versions = index.versions(*resolve_function(index, name))
    if 1 <= number <= len(versions):
        return versions[number - 1]
    matching = [version for version in versions if version.timestamp == number]
    version = _only(f"{name}@{number}", matching)
    if version is None:
        raise NotFound(
            f"{name!r} has no version {number}.",
            f"It has @1 to @{len(versions)}: {_command('history', name)}",
        )
    return version


def _at_path(repository: Repository, index: Index, path: str) -> Version | None:
    given = Path(path)
    try:
        relative = given.resolve().relative_to(repository.root.resolve()).as_posix()
    except (ValueError, OSError, RuntimeError):
        relative = path
    exact = index.version_at(relative) or index.version_at(path)
    return exact or _only(given.name, index.versions_named_like(given.name))


def _command(command: str, name: str) -> str:
    import shlex  # only a mistake needs it

    return f"trainstore {command} {shlex.quote(name)}" if name else f"trainstore {command}"


def _only(text: str, versions: list[Version]) -> Version | None:
    if len(versions) > 1:
        names = ", ".join(version.path for version in versions[:3])
        raise NotFound(f"{text} names {len(versions)} versions.", f"Give the file: {names}.")
    return versions[0] if versions else None


def _nearest(index: Index, text: str) -> str:
    whole = {name: name for name in index.all_names()}
    known = {**whole, **{name.partition("/")[2]: name for name in whole}}
    wanted = re.split("[@~]", text[:200], maxsplit=1)[0]
    import difflib  # only a mistake needs it

    near = difflib.get_close_matches(wanted, known, n=6, cutoff=0.5)
    different = list(dict.fromkeys(known[name] for name in near))[:3]  # by its whole name each is named once
    return f"Did you mean {' or '.join(different)}?" if different else _LIST
