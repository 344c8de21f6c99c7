import json
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import NotFound, StoreConflict, UsageError
from trainstore.store.git.repository import Repository

Git = Callable[..., str]
Make = Callable[..., Any]
Save = Callable[..., list[str]]


def test_undoing_a_save_takes_the_version_out_and_again_is_the_redo(
    store: Repository, save_versions: Save, git: Git
) -> None:
    first, second = save_versions(2)
    tree = git(store, "rev-parse", "HEAD^{tree}")
    result = Store(store).undo()
    assert (result.added, result.removed) == ((), (second,))
    assert result.undone.subject == "save numpy_array/Net (confidence 0.92)"
    assert result.current is not None and result.current.path == first
    assert git(store, "log", "-1", "--format=%s") == "undo: save numpy_array/Net (confidence 0.92)"
    assert git(store, "rev-parse", "HEAD") == result.commit
    again = Store(store).undo()
    assert (again.added, again.removed) == ((second,), ())
    assert git(store, "rev-parse", "HEAD^{tree}") == tree
    assert git(store, "status", "--porcelain") == ""


def test_undoing_the_only_save_leaves_no_current_version(store: Repository, save_versions: Save) -> None:
    save_versions(1)
    result = Store(store).undo()
    assert result.current is None
    assert Store(store).functions() == []
    assert Store(store).versions("Net")[0].present is False


@pytest.mark.parametrize("digits", [4, 10, 40])
def test_an_older_commit_can_be_undone_by_its_id(
    store: Repository, save_versions: Save, git: Git, digits: int
) -> None:
    first, _ = save_versions(2)
    save_versions(1, "Other")
    commit = Store(store).version("Net@1").commit
    result = Store(store).undo(commit[:digits])
    assert result.removed == (first,)
    assert str(result.current) == "numpy_array/Net@2"
    assert git(store, "log", "-1", "--format=%(trailers:key=Undoes,valueonly)").strip() == commit


def test_a_rollback_is_undone(store: Repository, save_versions: Save, git: Git) -> None:
    paths = save_versions(3)
    tree = git(store, "rev-parse", "HEAD^{tree}")
    Store(store).rollback("Net", "@1")
    result = Store(store).undo()
    assert set(result.added) == set(paths[1:])
    assert git(store, "rev-parse", "HEAD^{tree}") == tree


def test_the_users_own_commits_in_between_stay(store: Repository, save_versions: Save, git: Git) -> None:
    paths = save_versions(1)
    (store.root / "notes.txt").write_text("mine")
    git(store, "add", "notes.txt")
    git(store, "commit", "--quiet", "-m", "notes")
    Store(store).undo()
    assert not (store.root / paths[0]).exists()
    assert git(store, "show", "HEAD:notes.txt") == "mine"


@pytest.mark.parametrize("committed", [False, True])
def test_what_was_changed_since_is_not_undone(
    store: Repository, save_versions: Save, git: Git, committed: bool
) -> None:
    (path,) = save_versions(1)
    content = json.loads((store.root / path).read_bytes())
    (store.root / path).write_text(json.dumps({**content, "confidence": 0.1}))
    if committed:
        git(store, "commit", "--quiet", "--all", "-m", "by hand")
    head, status = git(store, "rev-parse", "HEAD"), git(store, "status", "--porcelain")
    with pytest.raises(StoreConflict):
        Store(store).undo()
    assert (git(store, "rev-parse", "HEAD"), git(store, "status", "--porcelain")) == (head, status)


def test_what_was_undone_already_is_not_undone_again(store: Repository, save_versions: Save) -> None:
    save_versions(2)
    opened = Store(store)
    commit = opened.version("Net@2").commit
    opened.undo(commit)
    with pytest.raises(StoreConflict, match="has changed since"):
        opened.undo(commit)


def test_making_the_store_is_not_undone(store: Repository, git: Git) -> None:
    head = git(store, "rev-parse", "HEAD")
    for commit in (None, head):
        with pytest.raises(UsageError, match="cannot be undone"):
            Store(store).undo(commit)
    assert git(store, "rev-parse", "HEAD") == head


@pytest.mark.parametrize("commit", ["", "zz", "abcd", "HEAD", "-x", "--all", "Net", "0" * 40])
def test_what_is_no_commit_of_trainstores_is_not_found(
    store: Repository, save_versions: Save, git: Git, commit: str
) -> None:
    save_versions(1)
    (store.root / "notes.txt").write_text("mine")
    git(store, "add", "notes.txt")
    git(store, "commit", "--quiet", "-m", "notes")
    head = git(store, "rev-parse", "HEAD")
    for text in (commit, head):
        with pytest.raises(NotFound):
            Store(store).undo(text)
    assert git(store, "rev-parse", "HEAD") == head


@pytest.mark.slow
def test_undoing_a_run_takes_its_checkpoint_out_and_the_redo_brings_it_back(
    trained_store: Repository, trained: Any, git: Git
) -> None:
    opened = Store(trained_store)
    entry = opened.runs()[0]
    folder = trained_store.root / entry.folder
    weights = (folder / "checkpoint/weights.safetensors").read_bytes()
    result = opened.undo(entry.commit)
    assert sorted(result.removed) == [f"{entry.folder}/checkpoint.dvc", f"{entry.folder}/run.json"]
    assert not folder.exists()
    assert [run.run_id for run in opened.runs()] == [trained.rerun_id]
    assert git(trained_store, "status", "--porcelain") == ""
    opened.undo()
    assert [run.run_id for run in opened.runs()] == [trained.run_id, trained.rerun_id]
    assert (folder / "checkpoint/weights.safetensors").read_bytes() == weights


@pytest.mark.slow
def test_undoing_a_save_that_was_run_since_keeps_the_run(trained_store: Repository, trained: Any) -> None:
    opened = Store(trained_store)
    opened.undo(opened.version("Tiny@2").commit)
    assert [run.run_id for run in opened.runs()] == [trained.run_id, trained.rerun_id]
    assert opened.run_record(trained.run_id).outcome == "succeeded"
