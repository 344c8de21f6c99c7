from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import NotFound, StoreConflict
from trainstore.store.git.repository import Repository

Git = Callable[..., str]
Save = Callable[..., list[str]]


def prune(git: Git, store: Repository, *paths: str) -> None:
    git(store, "rm", "--quiet", *paths)
    git(store, "commit", "--quiet", "-m", "prune by hand")


def test_an_old_version_comes_back_and_the_current_one_stays(
    store: Repository, save_versions: Save, git: Git
) -> None:
    first, second, third = save_versions(3)
    content = (store.root / first).read_bytes()
    prune(git, store, first, second)
    result = Store(store).restore("Net@1")
    assert (result.added, result.removed) == ((first,), ())
    assert (result.target.ordinal, result.current.ordinal) == (1, 3)
    assert (store.root / first).read_bytes() == content
    assert not (store.root / second).exists() and (store.root / third).exists()
    assert git(store, "log", "-1", "--format=%s") == "restore numpy_array/Net@1"
    assert git(store, "rev-parse", "HEAD") == result.commit
    assert git(store, "status", "--porcelain") == ""


def test_a_newer_version_becomes_the_current_one(store: Repository, save_versions: Save, git: Git) -> None:
    paths = save_versions(2)
    prune(git, store, paths[1])
    result = Store(store).restore(paths[1])
    assert result.current.ordinal == 2
    assert Store(store).version("Net").path == paths[1]


def test_the_last_version_of_a_function_comes_back(store: Repository, save_versions: Save, git: Git) -> None:
    paths = save_versions(2)
    prune(git, store, *paths)
    assert Store(store).functions() == []
    result = Store(store).restore("Net@1")
    assert (result.target.ordinal, result.current.ordinal) == (1, 1)


def test_what_is_there_makes_no_commit(store: Repository, save_versions: Save, git: Git) -> None:
    save_versions(2)
    head = git(store, "rev-parse", "HEAD")
    result = Store(store).restore("Net@1")
    assert (result.commit, result.added, result.removed) == (None, (), ())
    assert git(store, "rev-parse", "HEAD") == head


def test_what_never_was_is_not_found(store: Repository, save_versions: Save) -> None:
    save_versions(1)
    for name in ("Net@2", "Nut", "Net~1", ""):
        with pytest.raises(NotFound):
            Store(store).restore(name)


def test_a_file_of_the_users_own_in_the_way_is_kept(store: Repository, save_versions: Save, git: Git) -> None:
    paths = save_versions(2)
    prune(git, store, paths[0])
    (store.root / paths[0]).write_text("mine")
    head = git(store, "rev-parse", "HEAD")
    with pytest.raises(StoreConflict, match=paths[0]):
        Store(store).restore("Net@1")
    assert git(store, "rev-parse", "HEAD") == head
    assert (store.root / paths[0]).read_text() == "mine"


@pytest.mark.slow
def test_the_runs_and_their_checkpoints_come_along(trained_store: Repository, trained: Any, git: Git) -> None:
    opened = Store(trained_store)
    opened.rollback("Tiny", "@1")
    result = opened.restore("Tiny@2")
    assert (result.target.ordinal, result.current.ordinal) == (2, 2)
    assert [run.run_id for run in opened.runs()] == [trained.run_id, trained.rerun_id]
    for run in opened.runs():
        folder = trained_store.root / run.folder / "checkpoint"
        assert sorted(file.name for file in folder.iterdir()) == ["structure.pkl", "weights.safetensors"]
    assert git(trained_store, "status", "--porcelain") == ""


@pytest.mark.slow
def test_runs_that_left_alone_come_back_to_a_version_that_stayed(
    trained_store: Repository, trained: Any, git: Git
) -> None:
    opened = Store(trained_store)
    entry = opened.runs()[0]
    git(trained_store, "rm", "-r", "--quiet", entry.folder)
    git(trained_store, "commit", "--quiet", "-m", "a run less")
    assert [run.run_id for run in opened.runs()] == [trained.rerun_id]
    result = opened.restore("Tiny@2")
    assert result.commit is not None
    assert [run.run_id for run in opened.runs()] == [trained.run_id, trained.rerun_id]
    assert (trained_store.root / entry.folder / "checkpoint/weights.safetensors").is_file()
