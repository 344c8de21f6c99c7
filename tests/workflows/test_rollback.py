from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import NotFound, StoreConflict, UsageError
from trainstore.store.git.repository import Repository
from trainstore.workflows.run_files import CheckpointFolders

Git = Callable[..., str]
Make = Callable[..., Any]
Save = Callable[..., list[str]]


def files_below(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_newer_versions_leave_and_history_keeps_them(
    store: Repository, save_versions: Save, git: Git
) -> None:
    first, second, third = save_versions(3)
    other = save_versions(1, "Other")
    result = Store(store).rollback("Net", "@1")
    assert (result.added, result.removed) == ((), (second, third))
    assert (result.target.ordinal, result.current.ordinal) == (1, 1)
    assert git(store, "ls-tree", "-r", "--name-only", "HEAD", "generated_training_functions").split() == [
        "generated_training_functions/README.md", first, *other,
    ]  # fmt: skip
    assert not (store.root / second).exists()
    assert [version.present for version in Store(store).versions("Net")] == [True, False, False]
    assert Store(store).record(Store(store).version("Net@3")).timestamp == result.target.timestamp + 2
    assert git(store, "rev-parse", "HEAD") == result.commit
    assert git(store, "status", "--porcelain") == ""


def test_rolling_forward_brings_them_back_as_they_were(
    store: Repository, save_versions: Save, git: Git
) -> None:
    paths = save_versions(4)
    before = git(store, "rev-parse", "HEAD^{tree}")
    Store(store).rollback("Net", "@1")
    result = Store(store).rollback("Net", "@4")
    assert (set(result.added), result.removed) == (set(paths[1:]), ())
    assert git(store, "rev-parse", "HEAD^{tree}") == before
    assert git(store, "status", "--porcelain") == ""


def test_the_runs_that_leave_and_come_back_are_told_too(
    store: Repository, save_versions: Save, record_run: Callable[..., str], git: Git
) -> None:
    _, second = save_versions(2)
    folder = record_run(store, "Net@2")
    moved = {second, f"{folder}/run.json", f"{folder}/checkpoint.dvc"}
    opened = Store(store)
    for change in (opened.rollback("Net", "@1"), opened.rollback("Net", "@2"), opened.rollback("Net", "@1")):
        assert {*change.added, *change.removed} == moved
        named = git(store, "show", "--format=", "--name-only", change.commit or "").split()
        assert set(named) == moved
    restored = opened.restore("Net@2")
    assert (set(restored.added), restored.removed) == (moved, ())
    assert set(opened.undo().removed) == moved


def test_between_them_only_what_was_there_then(store: Repository, save_versions: Save) -> None:
    save_versions(4)
    opened = Store(store)
    opened.rollback("Net", "@1")
    opened.rollback("Net", "@3")
    assert [version.present for version in opened.versions("Net")] == [True, True, True, False]


def test_a_version_can_be_named_in_every_way(store: Repository, save_versions: Save) -> None:
    save_versions(3)
    opened = Store(store)
    second = opened.version("Net@2")
    ways = (
        "@2", "~1", "2", str(second.timestamp), f"@{second.timestamp}", "Net@2", "Net~1", second.commit,
        second.commit[:9], second.path, second.path.rpartition("/")[2],
    )  # fmt: skip
    for way in ways:
        result = opened.rollback("Net", way)
        assert result.commit is not None
        assert result.current == second, way
        opened.rollback("numpy_array/Net", "@3")


def test_what_is_so_already_makes_no_commit(store: Repository, save_versions: Save, git: Git) -> None:
    save_versions(2)
    head = git(store, "rev-parse", "HEAD")
    result = Store(store).rollback("Net", "Net")
    assert (result.commit, result.added, result.removed) == (None, (), ())
    assert result.folders == CheckpointFolders()
    assert git(store, "rev-parse", "HEAD") == head


def test_the_commit_names_what_came_and_went(store: Repository, save_versions: Save, git: Git) -> None:
    first, second = save_versions(2)
    Store(store).rollback("Net", "@1")
    assert git(store, "log", "-1", "--format=%s") == "rollback numpy_array/Net to numpy_array/Net@1"
    read = "--format=%(trailers:key={},valueonly,separator=%x2C)"
    assert git(store, "log", "-1", read.format("Removed")) == second
    assert git(store, "log", "-1", read.format("Path")) == first
    Store(store).rollback("Net", "@2")
    assert git(store, "log", "-1", read.format("Added")) == second


@pytest.mark.parametrize(
    ("name", "version", "error"),
    [
        ("Net", "Other@1", UsageError),
        ("Net", "@9", NotFound),
        ("Net", "@0", NotFound),
        ("Net", "~3", NotFound),
        ("Nut", "@1", NotFound),
        ("Net", "", NotFound),
        ("Net", "@", NotFound),
        ("Net", "README.md", NotFound),
        ("Net@1", "@1", NotFound),
    ],
)
def test_what_names_no_version_of_the_function_changes_nothing(
    store: Repository, save_versions: Save, git: Git, name: str, version: str, error: type[Exception]
) -> None:
    save_versions(2)
    save_versions(1, "Other")
    head = git(store, "rev-parse", "HEAD")
    with pytest.raises(error):
        Store(store).rollback(name, version)
    assert git(store, "rev-parse", "HEAD") == head
    assert git(store, "status", "--porcelain") == ""


@pytest.mark.parametrize("staged", [False, True])
def test_what_the_user_edited_is_kept(store: Repository, save_versions: Save, git: Git, staged: bool) -> None:
    paths = save_versions(2)
    (store.root / paths[1]).write_text("mine")
    if staged:
        git(store, "add", paths[1])
    head, status = git(store, "rev-parse", "HEAD"), git(store, "status", "--porcelain")
    with pytest.raises(StoreConflict, match=paths[1]):
        Store(store).rollback("Net", "@1")
    assert (git(store, "rev-parse", "HEAD"), git(store, "status", "--porcelain")) == (head, status)
    assert (store.root / paths[1]).read_text() == "mine"


def test_a_file_of_the_users_own_where_a_version_comes_back_is_kept(
    store: Repository, save_versions: Save, git: Git
) -> None:
    paths = save_versions(2)
    Store(store).rollback("Net", "@1")
    (store.root / paths[1]).write_text("mine")
    head = git(store, "rev-parse", "HEAD")
    with pytest.raises(StoreConflict, match=paths[1]):
        Store(store).rollback("Net", "@2")
    assert git(store, "rev-parse", "HEAD") == head
    assert (store.root / paths[1]).read_text() == "mine"


def test_a_commit_of_the_users_own_that_changed_a_version_is_rolled_back_too(
    store: Repository, save_versions: Save, git: Git
) -> None:
    (path,) = save_versions(1)
    original = (store.root / path).read_bytes()
    (store.root / path).write_bytes(original.replace(b"0.92", b"0.11"))
    git(store, "commit", "--quiet", "--all", "-m", "by hand")
    result = Store(store).rollback("Net", "@1")
    assert result.commit is not None
    assert (store.root / path).read_bytes() == original


def test_work_on_other_things_is_left_alone(store: Repository, save_versions: Save, git: Git) -> None:
    save_versions(2)
    (store.root / "staged.txt").write_text("staged")
    git(store, "add", "staged.txt")
    (store.root / "notes.txt").write_text("notes")
    (store.root / ".gitignore").write_text("mine\n")
    Store(store).rollback("Net", "@1")
    assert git(store, "status", "--porcelain") == " M .gitignore\nA  staged.txt\n?? notes.txt"


def test_the_current_version_is_told_though_another_function_has_the_whole_name(
    store: Repository, make_record: Make, save_versions: Save
) -> None:
    save_versions(2)
    opened = Store(store)
    opened.save(make_record("numpy_array/Net", data_profile={}).record.content)
    result = opened.rollback("Net", "@1")
    assert str(result.current) == "numpy_array/Net@1"
    assert str(opened.restore("Net@2").current) == "numpy_array/Net@2"


@pytest.mark.slow
class TestWithRuns:
    def test_runs_and_checkpoints_leave_with_their_version_and_all_come_back(
        self, trained_store: Repository, trained: Any, git: Git
    ) -> None:
        opened = Store(trained_store)
        runs = trained_store.root / "training_runs"
        before, tree = files_below(runs), git(trained_store, "rev-parse", "HEAD^{tree}")
        assert len([name for name in before if name.endswith("weights.safetensors")]) == 2
        result = opened.rollback("Tiny", "@1")
        assert result.folders == CheckpointFolders()
        assert not runs.exists()
        assert opened.runs() == []
        assert git(trained_store, "status", "--porcelain") == ""
        result = opened.rollback("Tiny", "@2")
        assert result.folders == CheckpointFolders()
        assert [run.run_id for run in opened.runs()] == [trained.run_id, trained.rerun_id]
        assert files_below(runs) == before
        opened.rollback("Tiny", "@3")
        assert git(trained_store, "rev-parse", "HEAD^{tree}") == tree
        assert git(trained_store, "status", "--porcelain") == ""

    def test_runs_of_versions_that_stay_stay(self, trained_store: Repository, trained: Any) -> None:
        opened = Store(trained_store)
        opened.rollback("Tiny", "@2")
        assert [run.run_id for run in opened.runs()] == [trained.run_id, trained.rerun_id]

    def test_a_checkpoint_folder_with_the_users_own_files_is_left_and_told(
        self, trained_store: Repository, trained: Any, git: Git
    ) -> None:
        folder = f"training_runs/numpy_array/Tiny/{trained.run_id}/checkpoint"
        (trained_store.root / folder / "notes.txt").write_text("mine")
        result = Store(trained_store).rollback("Tiny", "@1")
        assert result.folders == CheckpointFolders(kept=(folder,))
        assert (trained_store.root / folder / "notes.txt").read_text() == "mine"
        assert git(trained_store, "status", "--porcelain") == ""

    def test_a_checkpoint_that_is_not_in_the_cache_is_told(
        self, trained_store: Repository, trained: Any
    ) -> None:
        import shutil

        opened = Store(trained_store)
        opened.rollback("Tiny", "@1")
        shutil.rmtree(trained_store.root / ".dvc/cache/files")
        result = opened.rollback("Tiny", "@2")
        folders = [
            f"training_runs/numpy_array/Tiny/{run}/checkpoint" for run in (trained.run_id, trained.rerun_id)
        ]
        assert sorted(result.folders.missing) == folders
        assert sorted(opened.status().missing_checkpoints) == folders
