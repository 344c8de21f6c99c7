"""One byte flipped in each kind of file that a store keeps: it is named, and what is told brings all of it back."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import GitFailed, StoreConflict, TrainstoreError
from trainstore.store.git.repository import Repository, find_store
from trainstore.store.writing.journal import FileChange, Journal, write_journal
from trainstore.workflows.verification.verify import verify

Git = Callable[..., str]
SECOND = 1704067200
FOLDER = "generated_training_functions/numpy_array/Net"


@pytest.fixture
def kept(store: Repository, save_versions: Any, record_run: Callable[..., str], git: Git) -> Repository:
    """A store with two versions, a run, a packed history and some loose objects, and an index."""
    save_versions(1)
    record_run(store, "Net")
    git(store, "gc", "--quiet")
    save_versions(1, first=SECOND + 1)
    Store(store).functions()
    return store


def the(store: Repository, pattern: str) -> Path:
    """The first file that a pattern finds in a store."""
    return min(file for file in store.root.glob(pattern) if file.is_file())


def flip(file: Path, place: int) -> None:
    """Flip one bit of a byte, in a new file: others may be linked to the old one."""
    content = bytearray(file.read_bytes())
    content[place % len(content)] ^= 0x01
    file.unlink()
    file.write_bytes(content)


# Each with the kind of problem that it is, and where in the file the byte is.
FILES = {
    "record": (f"{FOLDER}/*.json", "edited", 50),
    "run": ("training_runs/**/run.json", "edited", 50),
    "pointer": ("training_runs/**/checkpoint.dvc", "edited", 20),
    "checkpoint": ("training_runs/**/checkpoint/weights.safetensors", "checkpoint changed", 3),
    "loose object": (".git/objects/[0-9a-f]*/*", "git object", 10),
    "pack": (".git/objects/pack/*.pack", "git pack", 200),
    "index of a pack": (".git/objects/pack/*.idx", "git pack", -60),
    "branch": (".git/refs/heads/main", "reference", 5),
    "list of staged files": (".git/index", "git index", 100),
    "HEAD, its first letter": (".git/HEAD", "reference", 0),
    "HEAD, its branch": (".git/HEAD", "reference", 17),
    "HEAD, its end": (".git/HEAD", "reference", -1),
    "trainstore's index": (".git/trainstore/index.db", "index", 5),
}


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_is_named(kept: Repository, name: str) -> None:
    pattern, kind, place = FILES[name]
    flip(the(kept, pattern), place)
    assert kind in {problem.kind for problem in verify(kept, content=True).problems}


def test_a_byte_of_an_object_in_the_cache_is_found_by_reading_it(kept: Repository) -> None:
    for file in kept.root.glob(".dvc/cache/files/md5/*/*"):
        whole = file.read_bytes()
        flip(file, 3)
        assert not verify(kept, content=True).ok
        file.write_bytes(whole)
    assert verify(kept, content=True).ok


class TestReferences:
    """A wrong byte here could make a full store look empty, and be believed."""

    @pytest.mark.parametrize("place", [0, 3, 6, 12, 17, -1])
    def test_head_is_told_and_comes_back(self, kept: Repository, place: int) -> None:
        file = kept.git_dir / "HEAD"
        flip(file, place)
        result = verify(find_store(kept.root))
        assert not result.ok
        problem = result.problems[0]
        assert problem.kind == "reference" and "HEAD" in problem.what
        follow(kept, problem.hint)
        assert file.read_text() == "ref: refs/heads/main\n"
        assert verify(kept).problems == ()

    @pytest.mark.parametrize("place", [0, 3, 6, -1])
    def test_a_head_that_leads_nowhere_is_no_empty_store(
        self, kept: Repository, make_record: Any, place: int
    ) -> None:
        flip(kept.git_dir / "HEAD", place)
        with pytest.raises(GitFailed, match="HEAD leads to no commit") as raised:
            Store(kept).functions()
        assert "trainstore verify" in raised.value.hint
        with pytest.raises(TrainstoreError):
            Store(kept).import_folder(kept.root / FOLDER)

    @pytest.mark.parametrize("place", [0, 20, -1])
    def test_a_branch_is_told_and_comes_back(self, kept: Repository, place: int) -> None:
        file = kept.git_dir / "refs/heads/main"
        whole = file.read_bytes()
        flip(file, place)
        with pytest.raises(GitFailed):
            Store(kept).functions()
        problem = next(one for one in verify(kept).problems if one.kind == "reference")
        follow(kept, problem.hint.removeprefix("It last named another one: "))
        assert file.read_bytes() == whole
        assert verify(kept).problems == ()

    @pytest.mark.parametrize("place", [0, 5, -58, -17, -16, -4, -1])
    def test_packed_references_are_told_and_come_back(self, kept: Repository, git: Git, place: int) -> None:
        head = git(kept, "rev-parse", "HEAD")
        git(kept, "pack-refs", "--all")
        flip(kept.git_dir / "packed-refs", place)
        result = verify(kept)
        assert not result.ok
        problem = next(one for one in result.problems if one.kind == "reference")
        follow(kept, problem.hint.partition("; the other")[0].removeprefix("It last named another one: "))
        assert git(kept, "rev-parse", "HEAD") == head
        assert Store(kept).version("Net").ordinal == 2
        assert [one for one in verify(kept).problems if one.kind == "reference"] == []


def follow(store: Repository, hint: str) -> None:
    """Do what a hint says."""
    ended = subprocess.run(hint, shell=True, cwd=store.root, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("place", [0, 40, 70, 100, 150, 200, 230, -1])
def test_a_journal_is_not_followed_where_one_byte_is_wrong(
    kept: Repository, save_versions: Any, git: Git, place: int
) -> None:
    path = f"{FOLDER}/training_function_numpy_array_Net_{SECOND}.json"
    blob = git(kept, "rev-parse", f"HEAD:{path}")
    write_journal(kept.state, Journal("refs/worktree/trainstore/pending", (FileChange(path, blob, True),)))
    before = (kept.root / path).read_bytes()
    flip(kept.state / "journal", place)
    with pytest.raises(StoreConflict, match="journal"):
        save_versions(1, first=SECOND + 9)
    (problem,) = verify(kept).problems
    assert problem.kind == "journal"
    follow(kept, problem.hint.partition(", then")[0])
    assert (kept.root / path).read_bytes() == before
    save_versions(1, first=SECOND + 9)
    assert verify(kept).problems == ()


@pytest.mark.slow
def test_no_byte_of_the_index_makes_a_command_fail_or_lie(kept: Repository) -> None:
    file = kept.state / "index.db"
    whole = file.read_bytes()
    expected = Store(kept).versions("Net")
    for place in range(0, len(whole), max(1, len(whole) // 12)):
        file.write_bytes(whole)
        flip(file, place)
        said = {problem.kind for problem in verify(kept).problems}
        listed = subprocess.run(
            [sys.executable, "-m", "trainstore", "list"], cwd=kept.root, capture_output=True, check=False
        )
        assert (listed.returncode, listed.stderr) == (0, b""), place
        assert said <= {"index"}
        if not said:
            assert Store(kept).versions("Net") == expected
