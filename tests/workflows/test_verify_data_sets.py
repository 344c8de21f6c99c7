"""Whether DVC's cache has the data sets that the store keeps under names, to the byte."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.api import Store
from trainstore.disk_format.data_pointers import parse_data_pointer
from trainstore.store.git.repository import Repository
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.remote import RemoteOptions
from trainstore.workflows.verification.verify import verify

Git = Callable[..., str]
POINTER = "datasets/patients.dvc"


@pytest.fixture
def file(store: Repository, tmp_path: Path) -> Path:
    """A file that was pinned as ``patients``."""
    file = tmp_path / "patients.csv"
    file.write_text("\n".join(["a,b,outcome", *(f"{row},{row % 7},{row % 2}" for row in range(30)), ""]))
    Store(store).add_data("patients", file, target="outcome")
    return file


@pytest.fixture
def stored(store: Repository, file: Path) -> Path:
    """Its object in DVC's cache."""
    md5 = parse_data_pointer((store.root / POINTER).read_bytes())["md5"]
    return store.root / ".dvc/cache/files/md5" / md5[:2] / md5[2:]


def only(store: Repository, content: bool = False) -> Problem:
    (problem,) = verify(store, content=content).problems
    return problem


def flip(file: Path, place: int) -> None:
    """Flip one bit of a byte, in a new file: others may be linked to the old one."""
    content = bytearray(file.read_bytes())
    content[place] ^= 0x01
    file.unlink()
    file.write_bytes(content)


def dvc(store: Repository, hint: str) -> None:
    """Do what a hint says up to "or", by the installed dvc."""
    command = hint.partition(", or")[0].replace("dvc ", f"{sys.executable} -m dvc ")
    subprocess.run(command, shell=True, cwd=store.root, check=True, capture_output=True)


def test_a_healthy_one_is_read_to_its_last_byte_with_content_only(store: Repository, file: Path) -> None:
    assert verify(store).checked.bytes_hashed == 0
    result = verify(store, content=True)
    assert (result.problems, result.checked.data_sets) == ((), 1)
    assert result.checked.bytes_hashed == file.stat().st_size


@pytest.mark.parametrize("place", [0, 77, -1])
def test_one_bit_in_the_cache_is_found_named_and_adding_the_file_again_heals_it(
    store: Repository, file: Path, stored: Path, place: int
) -> None:
    flip(stored, place)
    problem = only(store, content=True)
    assert (problem.kind, problem.severity) == ("data corrupt", "error")
    assert "patients.csv of the data set patients" in problem.what and str(stored) in problem.what
    remove, _, again = problem.hint.partition(" && ")
    assert again.endswith("trainstore data add patients FILE, with the same file")
    subprocess.run(remove, shell=True, check=True)
    Store(store).add_data("patients", file, target="outcome")
    assert verify(store, content=True).problems == ()


def test_a_file_cut_short_is_found_by_its_size(store: Repository, stored: Path) -> None:
    content = stored.read_bytes()
    stored.unlink()
    stored.write_bytes(content[:-1])
    assert only(store).kind == "data corrupt"


def test_the_work_tree_gives_the_cache_back_what_it_lost(store: Repository, stored: Path) -> None:
    shutil.rmtree(store.root / ".dvc/cache")
    problem = only(store)
    assert problem.kind == "data missing" and "the work tree has it" in problem.what
    dvc(store, problem.hint)
    assert verify(store, content=True).problems == ()


def test_a_remote_gives_back_what_is_gone_from_both(store: Repository, stored: Path, tmp_path: Path) -> None:
    dvc(store, f"dvc remote add -d backup {tmp_path / 'remote'}")
    dvc(store, "dvc push")
    shutil.rmtree(store.root / ".dvc/cache")
    (store.root / "datasets/patients.csv").unlink()
    problem = only(store)
    assert (problem.kind, problem.severity) == ("data elsewhere", "warning")
    assert verify(store, remote=RemoteOptions()).problems == ()
    dvc(store, f"dvc fetch {POINTER}")
    assert stored.is_file() and verify(store, content=True).problems == ()


@pytest.mark.parametrize("content", [False, True])
def test_the_work_tree_differs(store: Repository, stored: Path, content: bool) -> None:
    if content:
        flip(store.root / "datasets/patients.csv", 9)
        assert verify(store).problems == ()
    else:
        (store.root / "datasets/patients.csv").unlink()
        (store.root / "datasets/patients.csv").write_text("mine")
    problem = only(store, content)
    assert problem.kind == "data changed" and "datasets/patients.csv" in problem.what
    (store.root / "datasets/patients.csv").unlink()
    dvc(store, problem.hint.removeprefix("Move it away, then: "))
    assert verify(store, content=True).problems == ()


def test_a_clone_without_the_file_in_its_work_tree_is_healthy(store: Repository, file: Path) -> None:
    (store.root / "datasets/patients.csv").unlink()
    assert verify(store, content=True).problems == ()


def test_a_pointer_that_is_no_data_files_is_told_and_not_taken_for_damage(
    store: Repository, file: Path, git: Git
) -> None:
    (store.root / POINTER).write_bytes(b"outs: [")
    git(store, "commit", "--quiet", "--all", "--message", "by hand")
    problem = only(store)
    assert (problem.kind, problem.severity) == ("data pointer", "warning") and POINTER in problem.what
