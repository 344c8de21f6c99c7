import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.errors import TrainstoreError
from trainstore.store.git.changes import Commit, Write
from trainstore.store.git.repository import Repository
from trainstore.store.writing.journal import FileChange, Journal, clear_journal, read_journal, write_journal
from trainstore.store.writing.lock import writer_lock
from trainstore.store.writing.transaction import commit_changes, take_back_unfinished

Git = Callable[..., str]

KILLED = """
import os, sys
from pathlib import Path
from trainstore.store.writing import transaction, work_tree
from trainstore.store.git.changes import Commit, Remove, Write
from trainstore.store.git.repository import find_store

module, step, when, count = sys.argv[2:6]
owner = {"transaction": transaction, "work_tree": work_tree, "Path": Path}[module]
real, calls = getattr(owner, step), []

def killed(*arguments, **options):
    calls.append(1)
    if when == "before" and len(calls) == int(count):
        os._exit(9)
    answer = real(*arguments, **options)
    if when == "after" and len(calls) == int(count):
        os._exit(9)
    return answer

setattr(owner, step, killed)
changes = (Write("changed", b"new"), Remove("removed"), Write("deep/new", b"new"), Write("by-hand", b"mine"))
transaction.commit_changes(find_store(Path(sys.argv[1])), lambda _: [Commit("killed", changes)])
"""

STEPS = [
    ("transaction", "add_commits", "before", 1),
    ("transaction", "add_commits", "after", 1),
    ("transaction", "write_journal", "before", 1),
    ("transaction", "write_journal", "after", 1),
    ("Path", "replace", "before", 2),
    ("Path", "replace", "after", 2),
    ("Path", "replace", "after", 3),
    ("transaction", "remove_file", "after", 1),
    ("transaction", "update_index", "before", 1),
    ("transaction", "update_index", "after", 1),
    ("transaction", "move_branch", "before", 1),
]
MOVED = [("transaction", "move_branch", "after", 1), ("transaction", "clear_journal", "after", 1)]


@pytest.fixture
def prepared(store: Repository) -> Repository:
    """A store with files that an action changes and removes, and one that the user put there by hand."""
    files = (Write("changed", b"old"), Write("removed", b"old"))
    commit_changes(store, lambda _: [Commit("prepare", files)])
    (store.root / "by-hand").write_bytes(b"mine")
    return store


def kill(store: Repository, module: str, step: str, when: str, count: int) -> None:
    """Run a write in a process of its own that dies at a step."""
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, store.root, module, step, when, str(count)], check=False
    )
    assert ended.returncode == 9


def next_write(store: Repository) -> None:
    commit_changes(store, lambda _: [Commit("next", (Write("next", b"next"),))])


def files_of(store: Repository) -> dict[str, bytes]:
    found = {}
    for file in store.root.rglob("*"):
        path = str(file.relative_to(store.root))
        if file.is_file() and not path.startswith((".git", ".dvc", "generated")):
            found[path] = file.read_bytes()
    return found


def assert_nothing_is_left(store: Repository, git: Git) -> None:
    assert git(store, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert read_journal(store.state) is None
    git(store, "fsck", "--strict", "--no-dangling")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: "-".join(map(str, step[1:])))
def test_what_was_killed_before_the_branch_moved_never_was(
    prepared: Repository, git: Git, step: tuple[str, str, str, int]
) -> None:
    kill(prepared, *step)
    next_write(prepared)
    old = {"changed": b"old", "removed": b"old", "by-hand": b"mine", "next": b"next"}
    assert files_of(prepared) == old
    assert git(prepared, "status", "--porcelain", "--untracked-files=all") == "?? by-hand"
    assert git(prepared, "log", "-2", "--format=%s").split() == ["next", "prepare"]
    assert_nothing_is_left(prepared, git)


@pytest.mark.parametrize("step", MOVED, ids=lambda step: "-".join(map(str, step[1:])))
def test_what_was_killed_after_the_branch_moved_is_there(
    prepared: Repository, git: Git, step: tuple[str, str, str, int]
) -> None:
    kill(prepared, *step)
    next_write(prepared)
    assert files_of(prepared) == {"changed": b"new", "deep/new": b"new", "by-hand": b"mine", "next": b"next"}
    assert git(prepared, "status", "--porcelain", "--untracked-files=all") == ""
    assert git(prepared, "log", "-3", "--format=%s").split() == ["next", "killed", "prepare"]
    assert_nothing_is_left(prepared, git)


@pytest.mark.parametrize(
    "step", [STEPS[3], STEPS[8], STEPS[9], STEPS[10]], ids=lambda step: "-".join(map(str, step[1:]))
)
def test_what_the_user_does_after_a_kill_and_before_the_next_write_is_kept(
    prepared: Repository, git: Git, step: tuple[str, str, str, int]
) -> None:
    kill(prepared, *step)
    (prepared.root / "changed").write_bytes(b"edited after")
    (prepared.root / "mine").write_bytes(b"mine")
    git(prepared, "add", "mine")
    next_write(prepared)
    assert (prepared.root / "changed").read_bytes() == b"edited after"
    assert git(prepared, "show", "HEAD:changed") == "old"
    status = git(prepared, "status", "--porcelain", "--untracked-files=all").split("\n")
    assert set(status) == {" M changed", "A  mine", "?? by-hand"}
    assert_nothing_is_left(prepared, git)


def test_a_user_who_commits_all_after_a_kill_loses_nothing(prepared: Repository, git: Git) -> None:
    kill(prepared, *STEPS[9])
    git(prepared, "add", "--all")
    git(prepared, "commit", "--quiet", "-m", "mine")
    next_write(prepared)
    assert files_of(prepared) == {"changed": b"new", "deep/new": b"new", "by-hand": b"mine", "next": b"next"}
    assert git(prepared, "status", "--porcelain") == ""
    assert_nothing_is_left(prepared, git)


def test_a_user_who_switches_the_branch_after_a_kill_keeps_it(prepared: Repository, git: Git) -> None:
    kill(prepared, *STEPS[8])
    git(prepared, "branch", "other", "HEAD~1")
    git(prepared, "symbolic-ref", "HEAD", "refs/heads/other")
    git(prepared, "reset", "--quiet", "--hard")
    next_write(prepared)
    assert git(prepared, "log", "-2", "--format=%s").split("\n") == ["next", "init trainstore"]
    assert git(prepared, "status", "--porcelain", "--untracked-files=all") == "?? by-hand"


def test_without_a_journal_there_is_nothing_to_take_back(store: Repository, git: Git) -> None:
    before = git(store, "rev-parse", "HEAD")
    with writer_lock(store.state):
        take_back_unfinished(store)
    assert git(store, "rev-parse", "HEAD") == before


def test_a_journal_is_read_back_and_cleared(tmp_path: Path) -> None:
    journal = Journal("refs/x", (FileChange("é\n", "ab12", True), FileChange("b", None, False)))
    assert read_journal(tmp_path) is None
    write_journal(tmp_path, journal)
    assert read_journal(tmp_path) == journal
    clear_journal(tmp_path)
    clear_journal(tmp_path)
    assert read_journal(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"private": "x"}), json.dumps({"later": 1})])
def test_a_journal_that_cannot_be_read_is_told(store: Repository, content: str) -> None:
    (store.state).mkdir(exist_ok=True)
    (store.state / "journal").write_text(content)
    with pytest.raises(TrainstoreError, match="journal") as raised:
        next_write(store)
    assert raised.value.hint
