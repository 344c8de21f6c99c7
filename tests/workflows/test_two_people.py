"""Two people, a store each, and a common remote: what they merge, what conflicts, and what they are told to do."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.save import save_records
from trainstore.workflows.verification.verify import verify

Git = Callable[..., str]
Make = Callable[..., Any]
SECOND = 1704067200


@pytest.fixture
def people(store: Repository, git: Git, tmp_path: Path) -> tuple[Repository, Repository]:
    """Two clones of a store that has a function already."""
    git(tmp_path, "clone", "--quiet", "--bare", store.root, "remote.git")
    for name in ("ann", "ben"):
        git(tmp_path, "clone", "--quiet", "remote.git", name)
        git(tmp_path / name, "config", "pull.rebase", "false")
    return find_store(tmp_path / "ann"), find_store(tmp_path / "ben")


def shell(store: Repository, command: str) -> str:
    """Do what a hint says, with the `trainstore` of these tests."""
    program = f'trainstore() {{ {sys.executable} -m trainstore "$@"; }}; '
    ended = subprocess.run(
        ["bash", "-c", program + command], cwd=store.root, capture_output=True, text=True, check=False,
        env={**os.environ, "GIT_EDITOR": "true"},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def codes(store: Repository) -> set[str]:
    opened = Store(store)
    return {opened.record(version).code for version in opened.versions("Net") if version.present}


def test_what_two_people_save_merges_without_a_conflict(
    people: tuple[Repository, Repository], git: Git, make_record: Make
) -> None:
    ann, ben = people
    for person, later, name in ((ann, 0, "Anns"), (ben, 5, "Bens")):
        records = [make_record("Net", f"x = {later + n}", SECOND + later + n) for n in range(3)]
        save_records(person, [*records, make_record(name)])
    git(ann, "push", "--quiet")
    git(ben, "pull", "--quiet", "--no-edit")
    git(ben, "push", "--quiet")
    git(ann, "pull", "--quiet")
    for person in people:
        assert codes(person) == {f"x = {number}" for number in (0, 1, 2, 5, 6, 7)}
        assert [str(entry.current) for entry in Store(person).functions()] == [
            "numpy_array/Anns@1", "numpy_array/Bens@1", "numpy_array/Net@6"
        ]  # fmt: skip
        assert verify(person).problems == ()


@pytest.mark.slow
@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_one_second_of_one_function_conflicts_and_verify_leads_out_with_both(
    people: tuple[Repository, Repository],
    git: Git,
    make_record: Make,
    make_code: Callable[[int], str],
    side: str,
) -> None:
    ann, ben = people
    anns, bens = make_code(1), make_code(2)
    save_records(ann, [make_record(code=anns)])
    save_records(ben, [make_record(code=bens)])
    git(ann, "push", "--quiet")
    pulled = subprocess.run(["git", "pull", "--no-edit"], cwd=ben.root, capture_output=True, check=False)
    assert pulled.returncode != 0

    (conflict,) = verify(ben).problems
    assert conflict.kind == "conflict"
    choose = conflict.hint.removeprefix("Choose a side: ").replace(" (or --theirs), then:", " &&")
    shell(ben, choose.replace("--ours", f"--{side}"))
    assert codes(ben) == {bens if side == "ours" else anns}

    (hidden,) = verify(ben).problems
    assert hidden.kind == "hidden"
    shell(ben, hidden.hint.partition(": ")[2])
    assert verify(ben).problems == ()
    assert codes(ben) == {anns, bens}

    git(ben, "push", "--quiet")
    git(ann, "pull", "--quiet", "--no-edit")
    assert codes(ann) == codes(ben)
    assert verify(ann).problems == ()
