"""Git's own files damaged on disk: what was lost is named, and the hint brings it back."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.verify import verify

Git = Callable[..., str]
SECOND = 1704067200
FOLDER = "generated_training_functions/numpy_array/Net"
PATH = f"{FOLDER}/training_function_numpy_array_Net_{SECOND}.json"


def flip(file: Path, place: float = 0.5) -> None:
    """Flip one bit of a file, in a new file: others may be linked to the old one."""
    content = bytearray(file.read_bytes())
    content[int(len(content) * place)] ^= 0x40
    file.unlink()
    file.write_bytes(content)


def loose(store: Repository, object_id: str) -> Path:
    return store.common_dir / "objects" / object_id[:2] / object_id[2:]


def pack_of(store: Repository) -> Path:
    (pack,) = (store.common_dir / "objects/pack").glob("*.pack")
    return pack


def of_kind(store: Repository, kind: str) -> list[Problem]:
    result = verify(store)
    assert not result.ok
    return [problem for problem in result.problems if problem.kind == kind]


def follow(store: Repository, hint: str) -> None:
    """Do what a hint says, as far as git is asked for it."""
    command = hint.replace("; trainstore verify", "").removeprefix("The work tree has it: ")
    subprocess.run(command, shell=True, cwd=store.root, capture_output=True, check=False)


@pytest.fixture
def versions(store: Repository, save_versions: Any) -> list[str]:
    """Three versions of a function, in loose objects."""
    paths: list[str] = save_versions(3)
    return paths


@pytest.fixture
def packed(store: Repository, versions: list[str], git: Git) -> Repository:
    """The same in one pack."""
    git(store, "gc", "--quiet", "--prune=now")
    return store


@pytest.fixture
def backed_up(store: Repository, versions: list[str], git: Git, tmp_path: Path) -> Repository:
    """The same with a remote that has all of it."""
    git(tmp_path, "clone", "--quiet", "--bare", "--no-local", store.root, "backup.git")
    git(store, "remote", "add", "origin", tmp_path / "backup.git")
    return store


DAMAGE: dict[str, Callable[[Path], object]] = {
    "one bit": flip,
    "the first bit": lambda file: flip(file, 0),
    "emptied": lambda file: (file.chmod(0o644), file.write_bytes(b"")),
    "deleted": lambda file: file.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE)
class TestLooseObjects:
    def test_a_record_comes_back_from_the_work_tree(
        self, store: Repository, versions: list[str], git: Git, damage: str
    ) -> None:
        DAMAGE[damage](loose(store, git(store, "rev-parse", f"HEAD:{PATH}")))
        (problem,) = of_kind(store, "git object")
        assert PATH in problem.what
        follow(store, problem.hint)
        assert verify(store).problems == ()

    def test_a_record_that_left_the_tree_comes_back_from_a_remote(
        self, backed_up: Repository, git: Git, damage: str
    ) -> None:
        blob = git(backed_up, "rev-parse", f"HEAD:{PATH}")
        git(backed_up, "rm", "--quiet", PATH)
        git(backed_up, "commit", "--quiet", "--message", "Take out")
        DAMAGE[damage](loose(backed_up, blob))
        (problem,) = of_kind(backed_up, "git object")
        assert PATH in problem.what and "once was" in problem.what
        follow(backed_up, problem.hint)
        assert verify(backed_up).problems == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("HEAD", "one bit"),
        ("HEAD", "deleted"),
        ("HEAD~1", "emptied"),
        ("HEAD~1^{tree}", "one bit"),
        (f"HEAD:{FOLDER}", "deleted"),
        ("HEAD:", "one bit"),
    ],
)
def test_commits_and_folders_come_back_from_a_remote(
    backed_up: Repository, git: Git, damage: str, name: str
) -> None:
    DAMAGE[damage](loose(backed_up, git(backed_up, "rev-parse", name)))
    told = of_kind(backed_up, "git object")
    assert told
    for problem in told:
        follow(backed_up, problem.hint)
    assert verify(backed_up).problems == ()


class TestNames:
    def test_a_commit_is_named_by_what_the_index_remembers_of_it(
        self, store: Repository, versions: list[str], git: Git
    ) -> None:
        verify(store)
        from trainstore.store.index.update import open_index

        open_index(store).close()
        loose(store, git(store, "rev-parse", "HEAD~1")).unlink()
        (problem,) = of_kind(store, "git object")
        assert "save numpy_array/Net (confidence 0.92)" in problem.what

    def test_a_folder_is_named(self, store: Repository, versions: list[str], git: Git) -> None:
        loose(store, git(store, "rev-parse", f"HEAD:{FOLDER}")).unlink()
        assert any(f"folder {FOLDER} " in problem.what for problem in of_kind(store, "git object"))

    def test_without_a_remote_the_hint_takes_it_from_another_clone(
        self, store: Repository, versions: list[str], git: Git, tmp_path: Path
    ) -> None:
        git(tmp_path, "clone", "--quiet", "--no-local", store.root, "other")
        commit = git(store, "rev-parse", "HEAD~1")
        loose(store, commit).unlink()
        (problem,) = of_kind(store, "git object")
        assert "ANOTHER_CLONE" in problem.hint
        follow(store, problem.hint.replace("ANOTHER_CLONE", shlex.quote(str(tmp_path / "other"))))
        assert verify(store).problems == ()

    def test_damage_to_what_nothing_needs_is_told_as_such(
        self, store: Repository, versions: list[str], git: Git, tmp_path: Path
    ) -> None:
        (tmp_path / "stray").write_bytes(b"stray")
        stray = git(store, "hash-object", "-w", tmp_path / "stray")
        flip(loose(store, stray))
        (problem,) = of_kind(store, "git object")
        assert stray[:12] in problem.what and "Nothing needs it" in problem.what
        follow(store, problem.hint)
        assert verify(store).problems == ()

    def test_other_records_are_still_checked(self, store: Repository, versions: list[str], git: Git) -> None:
        (store.root / versions[1]).write_bytes(b"{")
        git(store, "commit", "--quiet", "--all", "--message", "by hand")
        loose(store, git(store, "rev-parse", f"HEAD:{PATH}")).unlink()
        result = verify(store)
        assert {problem.kind for problem in result.problems} == {"git object", "record"}
        assert result.checked.versions == 1


@pytest.mark.slow
class TestPacks:
    @pytest.mark.parametrize("place", [0.0, 0.3, 0.5, 0.7, 0.999])
    def test_one_bit_of_a_pack_is_found_and_a_remote_brings_it_back(
        self, backed_up: Repository, git: Git, place: float
    ) -> None:
        git(backed_up, "gc", "--quiet", "--prune=now")
        pack = pack_of(backed_up)
        flip(pack, place)
        told = of_kind(backed_up, "git pack")
        assert [pack.stem in problem.what for problem in told] == [True]
        follow(backed_up, told[0].hint)
        assert verify(backed_up).problems == ()
        shutil.rmtree(backed_up.root.parent / "damaged")

    def test_without_a_remote_all_but_the_damaged_object_comes_back(
        self, packed: Repository, git: Git, tmp_path: Path
    ) -> None:
        # An object of random bytes is stored whole, so that nothing else in the pack builds on it.
        (packed.root / "random.bin").write_bytes(os.urandom(200_000))
        git(packed, "add", "random.bin")
        git(packed, "commit", "--quiet", "--message", "big")
        git(packed, "gc", "--quiet", "--prune=now")
        pack = pack_of(packed)
        flip(pack, 0.5)
        (told,) = of_kind(packed, "git pack")
        follow(packed, told.hint)
        (problem,) = verify(packed).problems
        assert "random.bin" in problem.what
        follow(packed, problem.hint)
        assert verify(packed).problems == ()

    @pytest.mark.parametrize("damage", ["one bit", "deleted"])
    def test_the_index_of_a_pack_is_made_anew(self, packed: Repository, damage: str) -> None:
        DAMAGE[damage](pack_of(packed).with_suffix(".idx"))
        (told,) = of_kind(packed, "git pack")
        assert "git index-pack" in told.hint
        follow(packed, told.hint)
        assert verify(packed).problems == ()

    def test_a_pack_that_is_gone(self, backed_up: Repository, git: Git) -> None:
        git(backed_up, "gc", "--quiet", "--prune=now")
        pack_of(backed_up).unlink()
        told = of_kind(backed_up, "git object")
        assert len(told) > 5
        follow(backed_up, told[0].hint)
        assert verify(backed_up).problems == ()


class TestReferences:
    @pytest.mark.parametrize("content", [b"", b"\0" * 41], ids=["empty", "zeros"])
    def test_a_branch_that_a_power_loss_emptied(
        self, store: Repository, versions: list[str], git: Git, content: bytes
    ) -> None:
        head = git(store, "rev-parse", "HEAD")
        (store.common_dir / "refs/heads/main").write_bytes(content)
        (problem,) = of_kind(store, "reference")
        assert "refs/heads/main" in problem.what
        follow(store, problem.hint)
        assert git(store, "rev-parse", "HEAD") == head
        assert verify(store).problems == ()

    def test_a_branch_that_names_a_commit_that_is_gone(self, backed_up: Repository, git: Git) -> None:
        head = git(backed_up, "rev-parse", "HEAD")
        loose(backed_up, head).unlink()
        result = verify(backed_up)
        assert {problem.kind for problem in result.problems} == {"reference", "git object", "unchecked"}
        told = [problem for problem in result.problems if problem.kind != "unchecked"]
        assert all(head[:12] in problem.what for problem in told)
        for problem in told:
            follow(backed_up, problem.hint)
        assert verify(backed_up).problems == ()

    def test_a_reflog_that_remembers_what_is_gone_is_no_problem(
        self, store: Repository, versions: list[str], git: Git
    ) -> None:
        commit = git(store, "rev-parse", "HEAD")
        git(store, "reset", "--quiet", "--hard", "HEAD~1")
        loose(store, commit).unlink()
        assert verify(store).problems == ()


def test_a_damaged_list_of_staged_files(store: Repository, versions: list[str]) -> None:
    flip(store.git_dir / "index")
    (problem,) = of_kind(store, "git index")
    follow(store, problem.hint)
    assert verify(store).problems == ()


def test_a_linked_worktree_is_checked_by_its_own_head(
    store: Repository, versions: list[str], git: Git, tmp_path: Path
) -> None:
    git(store, "worktree", "add", "--quiet", "--detach", tmp_path / "linked", "HEAD~1")
    linked = find_store(tmp_path / "linked")
    assert verify(linked).checked.versions == 2
    flip(loose(linked, git(linked, "rev-parse", f"HEAD:{PATH}")))
    (problem,) = of_kind(linked, "git object")
    follow(linked, problem.hint)
    assert verify(linked).ok
