"""Checks of how a store is set up: git's configuration in this clone, locks, leftovers."""

import shlex
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from trainstore.disk_format.layout import FUNCTIONS, GITATTRIBUTES_LINES, GITIGNORE_LINES, RUNS
from trainstore.store.git.read import examine_with_git, try_git
from trainstore.store.git.repository import Repository
from trainstore.store.writing.lock import is_held
from trainstore.store.writing.work_tree import find_passing, read_or_none
from trainstore.workflows.problem import Problem

_STALE_SECONDS = 60
_SIGNING_PROGRAMS = {"openpgp": "gpg", "x509": "gpgsm", "ssh": "ssh-keygen"}
_SET_UP = "trainstore init"


def check_store(repository: Repository) -> list[Problem]:
    """Return what is wrong with a store's set-up; nothing is changed."""
    checks = (_check_identity, _check_set_up, _check_signing, _check_shallow, _check_locks, _check_leftovers)
    return [problem for check in checks for problem in check(repository)]


def check_ownership(folder: Path) -> list[Problem]:
    """Return whether git refuses the repository around a folder because someone else owns it."""
    told = examine_with_git(folder, ["rev-parse", "--show-toplevel"]).errors
    if "dubious ownership" not in told:
        return []
    place = told.partition("'")[2].partition("'")[0]
    trust = f"If you trust it: git config --global --add safe.directory {shlex.quote(place)}"
    return [Problem("ownership", f"Git refuses {place!r}: it belongs to another user.", trust)]


def _check_identity(repository: Repository) -> Iterable[Problem]:
    if try_git(repository.root, ["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"]) is None:
        what = "Git knows no name for you, so commits are by trainstore <trainstore@localhost>."
        hint = "git config --global user.name NAME && git config --global user.email ADDRESS"
        yield Problem("identity", what, hint, "warning")


def _check_set_up(repository: Repository) -> Iterable[Problem]:
    command = _config(repository, "diff.trainstore.textconv")
    if command is None:
        what = "git diff shows records as JSON, not their code as code: git does not copy this setting to a clone."
        yield Problem("set-up", what, _SET_UP, "warning")
    elif (python := _python_of(command)) and shutil.which(python) is None:
        what = f"git diff shows records as JSON: its converter needs {python}, which is gone."
        yield Problem("set-up", what, _SET_UP, "warning")
    for name, lines in ((".gitignore", GITIGNORE_LINES), (".gitattributes", GITATTRIBUTES_LINES)):
        content = (read_or_none(repository.root / name) or b"").decode(errors="replace").splitlines()
        if not set(lines) <= set(content):
            yield Problem("set-up", f"{name} lacks a line that the store needs.", _SET_UP)


def _python_of(command: str) -> str | None:
    """Return the interpreter that `init` wrote into a converter's command; None where it is another command."""
    try:
        script = shlex.split(command)[2]
        return shlex.split(script)[0]
    except (ValueError, IndexError):
        return None


def _check_signing(repository: Repository) -> Iterable[Problem]:
    if _config(repository, "commit.gpgSign", "--type=bool") != "true":
        return
    form = _config(repository, "gpg.format") or "openpgp"
    named = _config(repository, f"gpg.{form}.program")
    if form == "openpgp":
        named = named or _config(repository, "gpg.program")
    program = named or _SIGNING_PROGRAMS.get(form, form)
    if shutil.which(program) is None:
        what = f"Git is told to sign every commit, but there is no program {program!r}: nothing can be saved."
        yield Problem("signing", what, f"Install {program}, or: git config commit.gpgSign false")


def _check_shallow(repository: Repository) -> Iterable[Problem]:
    if try_git(repository.root, ["rev-parse", "--is-shallow-repository"]) == b"true\n":
        what = "This is a shallow clone: older history is not here, and versions from before are not known."
        yield Problem("shallow", what, "git fetch --unshallow", "warning")


def _check_locks(repository: Repository) -> Iterable[Problem]:
    named = [repository.git_dir / "index.lock", repository.git_dir / "HEAD.lock"]
    shared = [repository.common_dir / "packed-refs.lock", repository.common_dir / "config.lock"]
    for lock in [*named, *shared, *(repository.common_dir / "refs").rglob("*.lock")]:
        try:
            age = time.time() - lock.stat().st_mtime
        except FileNotFoundError:
            continue
        stale = age > _STALE_SECONDS
        what = f"A git process has held {lock} for {_told_age(age)}{', or was killed' if stale else ''}."
        hint = f"Where no git process runs: rm {shlex.quote(str(lock))}" if stale else "Wait for it to end."
        yield Problem("lock", what, hint, "error" if stale else "warning")


def _check_leftovers(repository: Repository) -> Iterable[Problem]:
    if is_held(repository.state):
        return
    folders = [repository.root / FUNCTIONS, repository.root / RUNS, repository.state]
    found = [file for folder in folders for file in find_passing(folder)]
    if found:
        what = f"Killed commands left {len(found)} half-written files, such as {found[0]}."
        yield Problem(
            "left over", what, f"rm {' '.join(shlex.quote(str(file)) for file in found[:20])}", "warning"
        )


def _config(repository: Repository, key: str, *options: str) -> str | None:
    found = try_git(repository.root, ["config", *options, "--get", key])
    return found.decode(errors="replace").rstrip("\n") or None if found is not None else None


def _told_age(seconds: float) -> str:
    steps = ((86400, "days"), (3600, "hours"), (60, "minutes"))
    for size, unit in steps:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} seconds"
