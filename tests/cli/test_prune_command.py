"""The prune command: what it shows, what it asks, and what it refuses."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from trainstore.api import Store
from trainstore.store.git.repository import Repository

Call = Callable[..., Any]
Git = Callable[..., str]
Save = Callable[..., list[str]]
State = Callable[[Repository], tuple[str, ...]]
CTRL_C = "\x03"
CTRL_D = "\x04"


@pytest.fixture
def filled(in_store: Repository, save_versions: Save) -> Repository:
    """Three versions of Net, the first one pinned."""
    save_versions(3)
    Store(in_store).pin("Net@1")
    return in_store


PLAN = """\
Policy: keep the last 1, the current version and pinned ones; remove the rest.

Keep:
VERSION            SAVED       RUNS  SIZE  WHY
numpy_array/Net@1  2024-01-01  0           pinned
numpy_array/Net@3  2024-01-01  0           current; among the last 1

Remove:
VERSION            SAVED       RUNS  SIZE  WHY
numpy_array/Net@2  2024-01-01  0           kept by no rule

1 version would go, 2 would stay.
"""


def test_what_another_branch_needs_is_not_said_to_be_freed(
    filled: Repository, call: Call, git: Git, record_run: Callable[..., str]
) -> None:
    record_run(filled, "Net@2")
    prune = ("prune", "--keep-last", "1", "--dry-run")
    assert "trainstore reclaim can free" in call(*prune).out
    git(filled, "branch", "another")
    assert "nothing of it can be freed while another branch" in call(*prune).out


def test_the_plan_that_is_shown_is_the_one_that_is_done(
    filled: Repository, call: Call, state: State, git: Git
) -> None:
    before = state(filled)
    looked = call("prune", "--keep-last", "1", "--dry-run")
    assert (looked.code, looked.out, looked.err) == (0, PLAN, "")
    assert state(filled) == before
    done = call("prune", "--keep-last", "1", "--yes")
    commit = git(filled, "rev-parse", "HEAD")[:10]
    told = f"1 version left the tree (commit {commit}). To have them back: trainstore undo\n"
    assert (done.code, done.out, done.err) == (0, PLAN + told, "")
    again = call("prune", "--keep-last", "1", "--yes")
    assert again.code == 0 and again.out.endswith("\nThere is nothing to remove.\n")


def test_both_documents_hold_the_same_plan(filled: Repository, call: Call, git: Git) -> None:
    looked = call("prune", "--keep-last", "1", "--dry-run", "--json").document
    done = call("prune", "--keep-last", "1", "--yes", "--json").document
    assert {**looked, "dry_run": False, "commit": git(filled, "rev-parse", "HEAD")} == done
    assert [(item["version"], item["reason"]) for item in done["removed"]] == [(2, "kept by no rule")]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "no policy"),
        (["--include-current", "--yes"], "empty"),
        (["--keep-last", "1"], "--yes"),
        (["--keep-last", "1", "--json"], "--dry-run"),
        (["--keep-last", "1", "--yes", "--dry-run"], "--yes"),
        (["--keep-last", "0", "--yes"], "keep-last"),
        (["--keep-last", "1", "--adopt", "--yes"], "by hand"),
        (["--older-than", "yesterday", "--yes"], "yesterday"),
        (["--keep-within", "2026-01-01", "--yes"], "2026-01-01"),
        (["--below", "0.5", "--yes"], "--unsuccessful"),
        (["--keep-best", "1", "--metric", "lossy", "--yes"], "lossy"),
        (["--min-confidence", "2", "--yes"], "min-confidence"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_and_removes_nothing(
    filled: Repository, call: Call, state: State, arguments: list[str], word: str
) -> None:
    before = state(filled)
    ended = call("prune", *arguments)
    assert ended.code == 2
    assert word in ended.err and "Traceback" not in ended.err
    assert state(filled) == before


def test_an_unknown_function_is_not_found(filled: Repository, call: Call) -> None:
    for scope in (["--function", "Nut"], ["--data-type", "image"]):
        assert call("prune", "--keep-last", "1", *scope, "--yes").code == 12


def test_a_name_in_the_file_that_nothing_has_is_warned_of(filled: Repository, call: Call) -> None:
    (filled.root / "trainstore.toml").write_text("[retention]\nkeep-last = 1\n[retention.function.Nat]\n")
    ended = call("prune", "--dry-run", "--json")
    assert (
        ended.err
        == "Warning: The policy for 'Nat' in trainstore.toml is for nothing: no such name is in the tree.\n"
    )
    assert len(ended.document["removed"]) == 1


def test_names_that_are_hostile_do_not_reach_the_terminal(
    in_store: Repository, call: Call, save_versions: Save
) -> None:
    save_versions(2, "\x1b[31mred\u202e")
    for ended in (call("prune", "--keep-last", "1", "--dry-run"), call("prune", "--keep-last", "1", "--yes")):
        assert ended.code == 0 and "\x1b" not in ended.out and "\u202e" not in ended.out


class TestOnATerminal:
    @pytest.fixture
    def answer(self, filled: Repository) -> Callable[[str], tuple[int, str]]:
        """Run the program on a terminal, give an answer, and return how it ended and what was seen."""

        def run(text: str) -> tuple[int, str]:
            ours, theirs = pty.openpty()
            process = subprocess.Popen(
                [sys.executable, "-m", "trainstore", "prune", "--keep-last", "1"],
                cwd=filled.root, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                env={**os.environ, "COLUMNS": "60", "TERM": "dumb", "PAGER": "cat"},
            )  # fmt: skip
            os.close(theirs)
            seen, deadline, again = b"", time.monotonic() + 120, 0.0
            try:
                while time.monotonic() < deadline:
                    ready, _, _ = select.select([ours], [], [], 0.5)
                    seen += os.read(ours, 1000) if ready else b""
                    if b"[y/N]" not in seen or time.monotonic() < again:
                        continue
                    if text == CTRL_C:
                        process.send_signal(signal.SIGINT)
                    else:
                        os.write(ours, text.encode())
                    again = time.monotonic() + 10  # what comes before the program listens can be lost
            except OSError:  # the program ended
                pass
            if process.poll() is None and time.monotonic() >= deadline:
                process.kill()
            os.close(ours)
            return process.wait(timeout=60), seen.decode()

        return run

    @pytest.mark.slow
    def test_a_yes_removes_and_the_plan_fits(
        self, filled: Repository, answer: Callable[[str], tuple[int, str]]
    ) -> None:
        code, seen = answer("y\n")
        assert code == 0 and "left the tree" in seen
        assert [version.present for version in Store(filled).versions("Net")] == [True, False, True]
        plain = click.unstyle(seen)
        table = plain[plain.index("Keep:") : plain.index("would go")].splitlines()
        assert max(map(len, table)) <= 60

    @pytest.mark.slow
    @pytest.mark.parametrize(("text", "code"), [("n\n", 0), ("\n", 0), (CTRL_C, 130), (CTRL_D, 130)])
    def test_anything_else_removes_nothing(
        self, filled: Repository, answer: Callable[[str], tuple[int, str]], state: State, text: str, code: int
    ) -> None:
        before = state(filled)
        ended, seen = answer(text)
        assert ended == code and "Traceback" not in seen and "left the tree" not in seen
        assert ("Nothing was removed." in seen) == (code == 0)
        assert state(filled) == before


def test_a_store_that_changes_while_the_plan_is_looked_at_is_planned_again(
    filled: Repository, call: Call, save_versions: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, later = Store.prune, [lambda: save_versions(1, first=1704067300)]

    def prune(store: Store, plan: Any) -> Any:
        if later:
            later.pop()()
        return opened(store, plan)

    monkeypatch.setattr(Store, "prune", prune)
    ended = call("prune", "--keep-last", "1", "--yes")
    assert ended.code == 0
    assert ended.err == "The store changed meanwhile, so this was planned again.\n"
    assert ended.out.count("Policy:") == 2 and "2 versions left the tree" in ended.out


def test_what_was_deleted_by_hand_is_adopted(filled: Repository, call: Call, git: Git) -> None:
    gone = next(Path("generated_training_functions/numpy_array/Net").glob("*1704067201.json"))
    gone.unlink()
    assert "trainstore prune --adopt" in call("status").out
    ended = call("prune", "--adopt", "--yes")
    assert ended.code == 0 and "deleted by hand" in ended.out
    assert git(filled, "status", "--porcelain") == ""
