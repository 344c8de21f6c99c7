"""What is passing: edits by hand, a killed command's journal, the index on disk."""

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.store.writing.journal import FileChange, Journal, write_journal
from trainstore.store.writing.lock import is_held, writer_lock
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.verify import VerifyResult, verify

Git = Callable[..., str]
FOLDER = "generated_training_functions/numpy_array/Net"
PATH = f"{FOLDER}/training_function_numpy_array_Net_1704067200.json"


def only(result: VerifyResult) -> Problem:
    assert len(result.problems) == 1, result.problems
    return result.problems[0]


def follow(store: Repository, hint: str) -> None:
    ended = subprocess.run(hint, shell=True, cwd=store.root, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr


class TestByHand:
    """What hands did to the work tree is told and is no failure: git still has all that was saved."""

    @pytest.mark.parametrize("stage", [False, True], ids=["in the work tree", "staged"])
    @pytest.mark.parametrize(
        ("kind", "command"), [("edited", "git checkout HEAD -- "), ("deleted", "git checkout HEAD -- ")]
    )
    def test_an_edit_and_a_deletion(
        self, store: Repository, git: Git, save_versions: Any, kind: str, command: str, stage: bool
    ) -> None:
        save_versions(2)
        content = (store.root / PATH).read_bytes()
        if kind == "edited":
            (store.root / PATH).write_bytes(content.replace(b"0.92", b"0.99"))
        else:
            (store.root / PATH).unlink()
        if stage:
            git(store, "add", "--all")
        problem = only(result := verify(store))
        assert result.ok
        assert (problem.kind, problem.severity) == (kind, "warning")
        assert PATH in problem.what and command in problem.hint
        follow(store, f"{command}{PATH}")
        assert (store.root / PATH).read_bytes() == content
        assert verify(store).problems == ()

    def test_a_record_dropped_into_the_folder(self, store: Repository, make_record: Any) -> None:
        (store.root / "generated_training_functions/dropped.json").write_bytes(make_record().file)
        problem = only(result := verify(store))
        assert result.ok
        assert (problem.kind, problem.hint) == ("new", "trainstore save --all")
        Store(store).save_all()
        assert verify(store).problems == ()

    def test_other_files_are_the_users_own(self, store: Repository) -> None:
        (store.root / "notes.txt").write_text("mine")
        assert verify(store).problems == ()


class TestJournal:
    @pytest.fixture
    def killed(self, store: Repository, git: Git, save_versions: Any) -> Repository:
        """A store in which a command was killed after it had put a file into the work tree."""
        save_versions(1)
        new = f"{FOLDER}/training_function_numpy_array_Net_1704067300.json"
        (store.root / new).write_bytes(b"{}")
        blob = git(store, "hash-object", "-w", new)
        journal = Journal("refs/worktree/trainstore/1", (FileChange(new, blob, touched=True),))
        write_journal(store.state, journal)
        return store

    def test_a_killed_command_is_told_and_is_no_failure(self, killed: Repository, save_versions: Any) -> None:
        result = verify(killed)
        problem = next(one for one in result.problems if one.kind == "unfinished")
        assert result.ok
        assert "training_function_numpy_array_Net_1704067300.json" in problem.what
        save_versions(1, "Other")
        assert verify(killed).problems == ()

    def test_a_command_at_work_is_not_taken_for_a_killed_one(self, killed: Repository) -> None:
        with writer_lock(killed.state):
            assert is_held(killed.state)
            assert "unfinished" not in {problem.kind for problem in verify(killed).problems}
        assert not is_held(killed.state)

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"files": 3}', b"\xff"])
    def test_a_journal_that_cannot_be_read_is_an_error(
        self, store: Repository, save_versions: Any, content: bytes
    ) -> None:
        save_versions(1)
        (store.state / "journal").write_bytes(content)
        problem = only(result := verify(store))
        assert not result.ok
        assert problem.kind == "journal"
        follow(store, problem.hint.partition(", then")[0])
        assert verify(store).problems == ()


class TestIndex:
    @pytest.fixture
    def indexed(self, store: Repository, save_versions: Any) -> Path:
        """The file of an index that is up to date."""
        save_versions(3)
        open_index(store).close()
        return store.state / "index.db"

    def test_one_that_lags_behind_is_sound(self, store: Repository, indexed: Path, git: Git) -> None:
        git(store, "rm", "--quiet", PATH)
        git(store, "commit", "--quiet", "--message", "by hand")
        before = indexed.read_bytes()
        assert verify(store).problems == ()
        assert indexed.read_bytes() == before

    @pytest.mark.parametrize(
        ("statement", "named"),
        [
            ("UPDATE versions SET confidence = 1.0 WHERE path LIKE '%200.json'", PATH),
            (f"DELETE FROM versions WHERE path = '{PATH}'", PATH),
            ("UPDATE versions SET present = 0", PATH),
            ("INSERT INTO runs (run_id, present) VALUES ('made up', 1)", "made up"),
        ],
    )
    def test_one_that_says_otherwise_is_an_error(
        self, store: Repository, indexed: Path, statement: str, named: str
    ) -> None:
        with closing(sqlite3.connect(indexed)) as database, database:
            database.execute(statement)
        problem = only(result := verify(store))
        assert not result.ok
        assert problem.kind == "index"
        assert named in problem.what
        follow(store, problem.hint.partition(";")[0])
        assert Store(store).version("Net").ordinal == 3
        assert verify(store).problems == ()

    @pytest.mark.parametrize(
        "content", [b"", b"not a database" * 100, None], ids=["empty", "rubbish", "torn"]
    )
    def test_one_that_is_damaged_is_a_warning_and_made_anew_by_the_next_command(
        self, store: Repository, indexed: Path, content: bytes | None
    ) -> None:
        whole = indexed.read_bytes()
        indexed.write_bytes(whole[: len(whole) // 2] if content is None else content)
        result = verify(store)
        assert result.ok
        assert [problem.kind for problem in result.problems] == ([] if content == b"" else ["index"])
        assert Store(store).version("Net").ordinal == 3
        assert verify(store).problems == ()
