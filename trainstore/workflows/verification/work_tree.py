"""Checks of what is passing: edits made by hand, merges not resolved, a command that was killed, the index."""

import os
import shlex

from trainstore.disk_format.layout import FUNCTIONS, RUNS, is_record_path
from trainstore.errors import StoreConflict
from trainstore.store.git.read import ask_git
from trainstore.store.git.repository import Repository
from trainstore.store.index.check import IndexCheck
from trainstore.store.writing.journal import read_journal
from trainstore.store.writing.lock import is_held
from trainstore.workflows.pending import read_pending
from trainstore.workflows.problem import Problem


def check_work_tree(repository: Repository) -> list[Problem]:
    """Return what in the work tree is not as HEAD has it.

    Raises:
        GitFailed: git cannot read its list of staged files.
    """
    unmerged = _unmerged(repository)
    problems = [
        Problem(
            "conflict",
            f"{path} was changed on both sides of a merge that is not finished.",
            f"Choose a side: git checkout --ours -- {shlex.quote(path)} (or --theirs), then: "
            f"git add {shlex.quote(path)} && git commit",
        )
        for path in unmerged
    ]
    pending = read_pending(repository)
    kinds = (("new", pending.new), ("edited", pending.changed), ("deleted", pending.deleted))
    return problems + [
        _by_hand(kind, path) for kind, paths in kinds for path in paths if path not in unmerged
    ]


def check_journal(repository: Repository) -> list[Problem]:
    """Return whether a command was killed before its end."""
    if is_held(repository.state):
        return []
    try:
        journal = read_journal(repository.state)
    except StoreConflict as error:
        place = shlex.quote(str(repository.state / "journal"))
        return [Problem("journal", error.message, f"rm {place}, then see: trainstore status")]
    if journal is None:
        return []
    paths = ", ".join(file.path for file in journal.files[:3])
    what = f"A command was killed while it wrote {len(journal.files)} files: {paths}."
    return [Problem("unfinished", what, "The next command that writes takes it back by itself.", "warning")]


def tell_index(check: IndexCheck) -> list[Problem]:
    """Return what is wrong with the index on disk."""
    hint = f"rm {shlex.quote(str(check.file))}; the next command makes it anew."
    if check.unreadable:
        return [
            Problem(
                "index", "The index is damaged. Nothing is lost: it is derived from git.", hint, "warning"
            )
        ]
    if not check.differing:
        return []
    some = ", ".join(check.differing[:5]) + (", …" if len(check.differing) > 5 else "")
    return [
        Problem(
            "index", f"The index says otherwise than git about {len(check.differing)} things: {some}.", hint
        )
    ]


def _by_hand(kind: str, path: str) -> Problem:
    bring_back = f"git checkout HEAD -- {shlex.quote(path)}"
    take_up = "trainstore save --all"
    match kind:
        case "new":
            return Problem(kind, f"{path} was put there by hand and is not saved.", take_up, "warning")
        case "edited" if is_record_path(path):
            hint = f"{take_up} makes it the next version; {bring_back} undoes the edit."
            return Problem(kind, f"{path} was edited by hand.", hint, "warning")
        case "edited":
            return Problem(kind, f"{path} was edited by hand.", bring_back, "warning")
        case _:
            return Problem(kind, f"{path} was deleted by hand.", f"{bring_back} brings it back.", "warning")


def _unmerged(repository: Repository) -> list[str]:
    output = ask_git(repository.root, ["ls-files", "--unmerged", "-z", "--", FUNCTIONS, RUNS])
    paths = [os.fsdecode(line.partition(b"\t")[2]) for line in output.split(b"\0")[:-1]]
    return list(dict.fromkeys(paths))
