import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.disk_format.moments import parse_moment
from trainstore.errors import NotFound, StoreConflict, UsageError
from trainstore.retention.policy import Policy
from trainstore.store.git.repository import Repository, find_store
from trainstore.store.index.entries import EventFilter
from trainstore.workflows.pruning.prune_plan import PruneItem, PrunePlan
from trainstore.workflows.run_files import CheckpointFolders

Git = Callable[..., str]
Make = Callable[..., Any]
Save = Callable[..., list[str]]
RecordRun = Callable[..., str]
Files = Callable[[Repository], dict[str, bytes]]

LAST = Policy(keep_last=1)
OLD = Policy(older_than=parse_moment("2024-01-01T00:00:02Z"))  # the third version of `save_versions` is not


def told(items: tuple[PruneItem, ...]) -> dict[str, str]:
    return {str(item.version or item.path).rpartition("/")[2]: item.reason for item in items}


def bytes_of_cache(store: Repository) -> int:
    return sum(file.stat().st_size for file in (store.root / ".dvc/cache").rglob("*") if file.is_file())


def prune(store: Repository, policy: Policy | None = None, **scope: Any) -> PrunePlan:
    """Carry out a plan that nothing comes between."""
    opened = Store(store)
    result = opened.prune(opened.prune_plan(policy, **scope))
    assert result.commit is not None and not result.changed
    return result.plan


class TestWhatGoes:
    def test_versions_go_in_one_commit_that_names_them_with_the_reason(
        self, store: Repository, save_versions: Save, git: Git
    ) -> None:
        first, second, third = save_versions(3)
        other = save_versions(1, "Other")
        before = git(store, "rev-parse", "HEAD")
        plan = Store(store).prune_plan(OLD)
        assert git(store, "rev-parse", "HEAD") == before
        assert told(plan.removed) == dict.fromkeys(["Net@1", "Net@2"], "older than 2024-01-01T00:00:02Z")
        assert told(plan.kept) == {"Net@3": "current", "Other@1": "current"}
        assert plan.policies == (
            "remove what is older than 2024-01-01T00:00:02Z; keep the current version and pinned ones",
        )
        result = Store(store).prune(plan)
        assert result.plan.removed == plan.removed
        assert git(store, "rev-list", f"{before}..HEAD") == result.commit
        assert git(store, "log", "-1", "--format=%B").rstrip("\n").split("\n") == [
            "prune 2 versions of numpy_array/Net: older than 2024-01-01T00:00:02Z",
            "",
            "Trainstore-Action: prune",
            "Model-Name: Net",
            "Data-Type: numpy_array",
            f"Policy: {plan.policies[0]}",
            "Reason: older than 2024-01-01T00:00:02Z",
            f"Removed: {first}",
            f"Removed: {second}",
        ]
        assert not (store.root / first).exists() and (store.root / third).exists()
        assert git(store, "status", "--porcelain") == ""
        assert [version.present for version in Store(store).versions("Net")] == [False, False, True]
        assert [event.action for event in Store(store).history("Net", limit=1)] == ["prune"]
        assert (store.root / other[0]).exists()

    def test_runs_and_checkpoints_go_with_their_version_and_no_others(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git, files_below: Files
    ) -> None:
        save_versions(2)
        goes = [record_run(store, "Net@1"), record_run(store, "Net@1", "failed")]
        stays = record_run(store, "Net@2")
        before = files_below(store)
        plan = prune(store, LAST)
        assert [item.runs for item in plan.removed] == [tuple(goes)]
        after = files_below(store)
        assert {path for path in before if path not in after} == {
            path for path in before if path.startswith(tuple(goes)) or "1704067200" in path
        }
        assert f"{stays}/checkpoint/weights.safetensors" in after
        assert not (store.root / goes[0]).exists()
        assert git(store, "status", "--porcelain") == ""
        assert Store(store).verify(content=True).problems == ()

    def test_bytes_are_those_of_the_checkpoints_each_counted_once(
        self, store: Repository, save_versions: Save, record_run: RecordRun
    ) -> None:
        save_versions(3)
        for name, weights in [
            ("Net@1", b"a" * 1000), ("Net@1", b"a" * 1000), ("Net@1", b"b" * 10), ("Net@2", b"b" * 10),
            ("Net@2", b"c" * 100), ("Net@3", b"c" * 100),
        ]:  # fmt: skip
            record_run(store, name, weights=weights)
        structure = len(b"structure")
        plan = Store(store).prune_plan(LAST)
        assert [item.bytes for item in plan.removed] == [1010 + 2 * structure, 110 + 2 * structure]
        assert [item.bytes for item in plan.kept] == [100 + structure]
        before = bytes_of_cache(store)
        prune(store, LAST)
        Store(store).reclaim(Store(store).reclaim_plan(grace_s=0))
        assert plan.reclaimable_bytes == before - bytes_of_cache(store)
        assert (
            1010 < plan.reclaimable_bytes < 1010 + 2 * 200
        )  # Net@3 needs the rest; two lists of files go along

    def test_what_is_pinned_stays_and_the_current_one_unless_included(
        self, store: Repository, save_versions: Save
    ) -> None:
        save_versions(3)
        Store(store).pin("Net@1", "in production")
        all_old = Policy(older_than=parse_moment("2030-01-01"), include_current=True)
        assert told(prune(store, all_old).kept) == {"Net@1": "pinned"}
        assert [version.present for version in Store(store).versions("Net")] == [True, False, False]
        Store(store).unpin("Net@1")
        prune(store, all_old)
        assert Store(store).functions() == []

    def test_runs_decide_on_success_and_scores(
        self, store: Repository, save_versions: Save, record_run: RecordRun
    ) -> None:
        save_versions(5)
        record_run(store, "Net@1", "failed")
        record_run(store, "Net@2", metrics={"r2": 0.9, "mse": 5.0})
        record_run(store, "Net@3", metrics={"r2": 0.1, "mse": 1.0})
        record_run(store, "Net@4", metrics={"r2": 0.5, "mse": 3.0})
        opened = Store(store)
        for policy, gone in [
            (Policy(unsuccessful=True), ["Net@1"]),
            (Policy(unsuccessful=True, below=0.5), ["Net@1", "Net@3"]),
            (Policy(unsuccessful=True, below=3.0, metric="mse"), ["Net@1", "Net@2"]),
            (Policy(keep_best=1), ["Net@1", "Net@3", "Net@4"]),
            (Policy(keep_best=1, metric="mse"), ["Net@1", "Net@2", "Net@4"]),
            (Policy(never_ran=True, include_current=True), ["Net@5"]),
            (Policy(min_confidence=0.93), ["Net@1", "Net@2", "Net@3", "Net@4"]),
            (Policy(min_confidence=0.92), []),
        ]:
            assert list(told(opened.prune_plan(policy).removed)) == gone, policy

    def test_one_function_or_data_type_is_pruned_alone(
        self, store: Repository, save_versions: Save, make_record: Make
    ) -> None:
        save_versions(2)
        save_versions(2, "Other")
        save_versions(2, "Wide", data_profile={"data_type": "torch_tensor"})
        opened = Store(store)
        assert list(told(opened.prune_plan(LAST, function="Other").removed)) == ["Other@1"]
        assert list(told(opened.prune_plan(LAST, data_type="torch_tensor").removed)) == ["Wide@1"]
        assert opened.prune_plan(LAST, function="Other", data_type="torch_tensor").removed == ()
        assert len(opened.prune_plan(LAST).removed) == 3
        for scope in ({"function": "Nut"}, {"data_type": "image"}):
            with pytest.raises(NotFound):
                opened.prune_plan(LAST, **scope)  # type: ignore[arg-type]

    def test_several_functions_are_pruned_in_one_commit(
        self, store: Repository, save_versions: Save, git: Git
    ) -> None:
        save_versions(3)
        save_versions(2, "Other")
        prune(store, LAST)
        assert git(store, "log", "-1", "--format=%s") == "prune 3 versions of 2 functions: kept by no rule"

    def test_a_prune_of_several_functions_and_its_undo_show_in_the_history_of_each(
        self, store: Repository, save_versions: Save
    ) -> None:
        save_versions(2)
        save_versions(2, "Other")
        save_versions(1, "Third")
        prune(store, LAST)

        def actions(name: str, chosen: EventFilter | None = None) -> list[str]:
            return [event.action for event in Store(store).history(name, chosen)]

        for made_anew in (False, True):
            if made_anew:
                (store.state / "index.db").unlink()
            assert actions("Net") == actions("Other") == ["prune", "save", "save"]
            assert actions("Third") == ["save"]
            assert actions("Net", EventFilter(action="prune")) == ["prune"]
        Store(store).undo()
        Store(store).undo()  # the redo
        for made_anew in (False, True):
            if made_anew:
                (store.state / "index.db").unlink()
            assert actions("Other") == ["undo", "undo", "prune", "save", "save"]
            assert actions("Third") == ["save"]
        assert Store(store).verify().problems == ()

    def test_nothing_to_remove_makes_no_commit(
        self, store: Repository, save_versions: Save, git: Git
    ) -> None:
        opened = Store(store)
        head = git(store, "rev-parse", "HEAD")
        assert opened.prune(opened.prune_plan(LAST)).commit is None
        assert git(store, "rev-parse", "HEAD") == head
        save_versions(1)
        result = opened.prune(opened.prune_plan(LAST))
        assert (result.commit, result.changed, len(result.plan.kept)) == (None, False, 1)
        git(store, "checkout", "--quiet", "--orphan", "unborn")
        assert opened.prune_plan(LAST).kept == ()

    def test_no_policy_and_an_empty_one_are_refused(self, store: Repository, save_versions: Save) -> None:
        save_versions(2)
        for policy in (None, Policy(), Policy(include_current=True)):
            with pytest.raises(UsageError):
                Store(store).prune_plan(policy)

    def test_a_shallow_clone_refuses(
        self, store: Repository, save_versions: Save, tmp_path: Path, git: Git
    ) -> None:
        save_versions(2)
        git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{store.root}", "shallow")
        for adopt in (False, True):
            with pytest.raises(UsageError, match="shallow") as raised:
                Store(find_store(tmp_path / "shallow")).prune_plan(None if adopt else LAST, adopt=adopt)
            assert raised.value.hint == "git fetch --unshallow"

    def test_a_folder_with_files_of_the_users_own_is_left_and_told(
        self, store: Repository, save_versions: Save, record_run: RecordRun
    ) -> None:
        save_versions(2)
        folder = f"{record_run(store, 'Net@1')}/checkpoint"
        (store.root / folder / "notes.txt").write_text("mine")
        opened = Store(store)
        result = opened.prune(opened.prune_plan(LAST))
        assert result.folders == CheckpointFolders(kept=(folder,))
        assert (store.root / folder / "notes.txt").read_text() == "mine"


class TestComingBack:
    def test_undo_brings_everything_back_and_again_takes_it_out(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git, files_below: Files
    ) -> None:
        save_versions(3)
        for name in ("Net@1", "Net@2", "Net@3"):
            record_run(store, name)
        before, tree = files_below(store), git(store, "rev-parse", "HEAD^{tree}")
        prune(store, LAST)
        after = files_below(store)
        Store(store).undo()
        assert (files_below(store), git(store, "rev-parse", "HEAD^{tree}")) == (before, tree)
        Store(store).undo()
        assert files_below(store) == after
        assert git(store, "status", "--porcelain") == ""

    def test_restore_brings_one_back_with_its_runs(
        self, store: Repository, save_versions: Save, record_run: RecordRun, files_below: Files
    ) -> None:
        save_versions(3)
        for name in ("Net@1", "Net@1", "Net@2", "Net@3"):
            record_run(store, name)
        before = files_below(store)
        prune(store, LAST)
        result = Store(store).restore("Net@1")
        assert (result.current.ordinal, result.folders) == (3, CheckpointFolders())
        assert [run.version_path for run in Store(store).runs("Net@1")] == [result.target.path] * 2
        Store(store).restore("Net@2")
        assert files_below(store) == before

    def test_rolling_back_brings_back_what_was_there_then(
        self, store: Repository, save_versions: Save, record_run: RecordRun
    ) -> None:
        save_versions(3)
        folder = record_run(store, "Net@1")
        prune(store, LAST)
        Store(store).rollback("Net", "@2")
        assert [version.present for version in Store(store).versions("Net")] == [True, True, False]
        assert (store.root / folder / "checkpoint/weights.safetensors").is_file()
        assert Store(store).verify().problems == ()


class TestAStoreThatChanges:
    def test_what_was_not_shown_is_not_removed(
        self, store: Repository, save_versions: Save, git: Git
    ) -> None:
        save_versions(2)
        opened = Store(store)
        shown = opened.prune_plan(LAST)
        save_versions(1, first=1704067300)
        head = git(store, "rev-parse", "HEAD")
        result = opened.prune(shown)
        assert (result.commit, result.changed) == (None, True)
        assert git(store, "rev-parse", "HEAD") == head
        assert list(told(result.plan.removed)) == ["Net@1", "Net@2"]
        assert result.plan.request.now == shown.request.now
        again = opened.prune(result.plan)
        assert again.commit is not None and again.plan.removed == result.plan.removed

    def test_a_pin_that_came_meanwhile_protects(self, store: Repository, save_versions: Save) -> None:
        save_versions(3)
        opened = Store(store)
        shown = opened.prune_plan(LAST)
        opened.pin("Net@1")
        result = opened.prune(shown)
        assert result.changed and list(told(result.plan.removed)) == ["Net@2"]

    def test_a_run_that_came_meanwhile_is_shown_first(
        self, store: Repository, save_versions: Save, record_run: RecordRun
    ) -> None:
        save_versions(2)
        opened = Store(store)
        shown = opened.prune_plan(LAST)
        folder = record_run(store, "Net@1")
        result = opened.prune(shown)
        assert result.changed and result.plan.removed[0].runs == (folder,)

    def test_what_does_not_matter_to_the_plan_does_not_stop_it(
        self, store: Repository, save_versions: Save
    ) -> None:
        save_versions(2)
        opened = Store(store)
        shown = opened.prune_plan(LAST)
        save_versions(1, "Other")
        assert opened.prune(shown).commit is not None
        assert [version.present for version in opened.versions("Net")] == [False, True]

    def test_it_was_done_already(self, store: Repository, save_versions: Save) -> None:
        save_versions(2)
        opened = Store(store)
        shown = opened.prune_plan(LAST)
        opened.prune(shown)
        result = opened.prune(shown)
        assert (result.commit, result.changed, result.plan.removed) == (None, True, ())

    def test_an_edit_that_came_meanwhile_is_kept(self, store: Repository, save_versions: Save) -> None:
        first, _ = save_versions(2)
        opened = Store(store)
        shown = opened.prune_plan(LAST)
        (store.root / first).write_text("mine")
        result = opened.prune(shown)
        assert result.changed
        assert told(result.plan.kept)["Net@1"] == "edited by hand and not committed"
        assert (store.root / first).read_text() == "mine"

    def test_an_edited_run_is_in_the_way(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git
    ) -> None:
        save_versions(2)
        folder = record_run(store, "Net@1")
        (store.root / folder / "run.json").write_text("mine")
        head = git(store, "rev-parse", "HEAD")
        with pytest.raises(StoreConflict, match=folder):
            prune(store, LAST)
        assert git(store, "rev-parse", "HEAD") == head
        assert (store.root / folder / "run.json").read_text() == "mine"


class TestWhatCannotBeRead:
    def commit_by_hand(
        self, store: Repository, git: Git, path: str, content: bytes, message: str = "by hand"
    ) -> None:
        (store.root / path).parent.mkdir(parents=True, exist_ok=True)
        (store.root / path).write_bytes(content)
        git(store, "add", "--force", path)
        git(store, "commit", "--quiet", "-m", message)

    def test_a_damaged_record_stays_and_takes_no_place(
        self, store: Repository, save_versions: Save, git: Git
    ) -> None:
        paths = save_versions(4)
        self.commit_by_hand(store, git, paths[2], b"<<<<<<< HEAD\n{")
        plan = prune(store, Policy(keep_last=2))
        assert told(plan.removed) == {"Net@1": "kept by no rule"}
        assert told(plan.kept)["Net@3"] == "unreadable: its record is damaged"
        assert told(plan.kept)["Net@2"] == "among the last 2"

    def test_a_record_with_another_time_than_its_commit_says_stays(
        self, store: Repository, save_versions: Save, git: Git
    ) -> None:
        (path, *_) = save_versions(3)
        content = (store.root / path).read_bytes() + b"\n"
        message = git(store, "log", "-1", "--format=%B", Store(store).version("Net@1").commit)
        self.commit_by_hand(store, git, path, content, message.replace("1704067200\n", "1704060000\n"))
        plan = Store(store).prune_plan(LAST)
        assert told(plan.kept)["Net@1"] == "unreadable: its record and its commit disagree on its time"

    def test_what_never_was_a_record_is_told(self, store: Repository, save_versions: Save, git: Git) -> None:
        save_versions(2)
        path = "generated_training_functions/numpy_array/Net/stray.json"
        self.commit_by_hand(store, git, path, b"{")
        for scope in ({}, {"function": "Net"}, {"data_type": "numpy_array"}):
            plan = Store(store).prune_plan(LAST, **scope)
            assert (told(plan.kept)["stray.json"], len(plan.removed)) == ("unreadable: it is no record", 1)

    def test_an_object_that_git_lost_does_not_stop_the_rest(
        self, store: Repository, save_versions: Save, git: Git
    ) -> None:
        paths = save_versions(4)
        loose(store, git(store, "rev-parse", f"HEAD:{paths[1]}"), git).unlink()
        plan = prune(store, LAST)
        assert told(plan.removed) == dict.fromkeys(["Net@1", "Net@3"], "kept by no rule")
        assert told(plan.kept)["Net@2"] == "unreadable: its record is damaged"

    def test_a_run_that_no_message_tells_of_counts(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git
    ) -> None:
        save_versions(3)
        before = git(store, "rev-parse", "HEAD")
        folders = [record_run(store, name, metrics={"accuracy": 0.9}) for name in ("Net@1", "Net@2")]
        git(store, "reset", "--quiet", "--soft", before)
        git(store, "commit", "--quiet", "-m", "squashed")
        assert told(Store(store).prune_plan(Policy(never_ran=True)).removed) == {}
        plan = prune(store, Policy(keep_best=1))
        assert [item.runs for item in plan.removed] == [(folders[0],)]
        assert not (store.root / folders[0]).exists()
        assert git(store, "status", "--porcelain") == ""

    def test_a_damaged_run_of_nobody_knows_which_version_keeps_all_of_them(
        self, store: Repository, save_versions: Save, git: Git
    ) -> None:
        save_versions(2)
        save_versions(2, "Other")
        path = "training_runs/numpy_array/Net/20240101T000000Z-000001/run.json"
        self.commit_by_hand(store, git, path, b"{")
        plan = Store(store).prune_plan(Policy(never_ran=True))
        assert list(told(plan.removed)) == ["Other@1"]
        assert told(plan.kept)["Net@1"] == f"unreadable: {path} is damaged, and may be its run"

    def test_a_damaged_run_matters_where_its_metrics_do(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git
    ) -> None:
        save_versions(3)
        folder = record_run(store, "Net@1", metrics={"mse": 0.1})
        record_run(store, "Net@2", metrics={"mse": 0.2})
        self.commit_by_hand(store, git, f"{folder}/run.json", b"{")
        assert list(told(Store(store).prune_plan(LAST).removed)) == ["Net@1", "Net@2"]
        plan = Store(store).prune_plan(Policy(keep_best=1, metric="mse"))
        assert told(plan.kept)["Net@1"] == f"unreadable: {folder}/run.json is damaged"
        assert told(plan.kept)["Net@2"] == "among the best 1 by mse"


class TestPoliciesOfTheFile:
    def test_each_function_has_its_own_policy(self, store: Repository, save_versions: Save) -> None:
        for name in ("Net", "Champion", "Trial", "Quiet, one"):
            save_versions(4, name)
        (store.root / "trainstore.toml").write_text(
            "[retention]\nkeep-last = 2\n"
            "[retention.function.Champion]\nkeep-last = 3\n"
            '[retention.function."numpy_array/Trial"]\nnever-ran = true\n'
            '[retention.function."Quiet, one"]\n'
            "[retention.data-type.image]\nkeep-last = 1\n"
        )
        plan = Store(store).prune_plan()
        assert [str(item.version).rpartition("/")[2] for item in plan.removed] == [
            "Champion@1", "Net@1", "Net@2", "Trial@1", "Trial@2", "Trial@3",
        ]  # fmt: skip
        assert {item.reason for item in plan.kept if item.version and "Quiet" in item.version.function} == {
            "no policy is for it"
        }
        assert plan.unmatched == ("image",)
        assert plan.policies == (
            "numpy_array/Champion: keep the last 3, the current version and pinned ones; remove the rest",
            "numpy_array/Net: keep the last 2, the current version and pinned ones; remove the rest",
            "numpy_array/Quiet, one: keep everything",
            "numpy_array/Trial: remove what never ran; keep the current version and pinned ones",
        )
        assert Store(store).prune(plan).commit is not None

    def test_rules_that_are_given_stand_in_its_place(self, store: Repository, save_versions: Save) -> None:
        save_versions(4)
        (store.root / "trainstore.toml").write_text("[retention]\nkeep-last = 2\n")
        assert len(Store(store).prune_plan(Policy(keep_last=3)).removed) == 1

    def test_a_broken_one_is_told(self, store: Repository, save_versions: Save) -> None:
        save_versions(2)
        for text in ("[retention", "[retention]\nkeep-lats = 1\n", "[retention]\n"):
            (store.root / "trainstore.toml").write_text(text)
            with pytest.raises(UsageError):
                Store(store).prune_plan()


class TestAdopting:
    def test_what_was_deleted_by_hand_is_committed_with_its_runs(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git
    ) -> None:
        first, second, _ = save_versions(3)
        folder = record_run(store, "Net@1")
        (store.root / first).unlink()
        git(store, "rm", "--quiet", second)
        plan = prune(store, adopt=True)
        assert told(plan.removed) == dict.fromkeys(["Net@1", "Net@2"], "deleted by hand")
        assert plan.removed[0].runs == (folder,)
        assert git(store, "status", "--porcelain") == ""
        assert not (store.root / folder).exists()
        assert (
            git(store, "log", "-1", "--format=%s") == "prune 2 versions of numpy_array/Net: deleted by hand"
        )
        Store(store).undo()
        assert (store.root / first).exists() and (store.root / folder / "checkpoint").is_dir()

    def test_a_run_goes_alone_and_comes_back_with_restore(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git
    ) -> None:
        save_versions(1)
        gone, stays = record_run(store, "Net@1"), record_run(store, "Net@1")
        for name in ("run.json", "checkpoint.dvc"):
            (store.root / gone / name).unlink()
        plan = prune(store, adopt=True)
        assert [(str(item.version), item.path, item.reason) for item in plan.removed] == [
            ("numpy_array/Net@1", f"{gone}/run.json", "a run deleted by hand")
        ]
        assert git(store, "log", "-1", "--format=%s").startswith("prune 1 run of numpy_array/Net")
        assert [run.folder for run in Store(store).runs()] == [stays]
        Store(store).restore("Net@1")
        assert [run.folder for run in Store(store).runs()] == [gone, stays]
        assert (store.root / gone / "checkpoint/weights.safetensors").is_file()

    def test_pinned_ones_pins_and_pointers_stay(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git
    ) -> None:
        save_versions(2)
        pinned, other = record_run(store, "Net@1"), record_run(store, "Net@2")
        Store(store).pin("Net@1")
        folder = store.root / "generated_training_functions/numpy_array/Net"
        for file in [*folder.glob("*1704067200.*"), store.root / pinned / "run.json"]:
            file.unlink()
        (store.root / other / "checkpoint.dvc").unlink()
        head = git(store, "rev-parse", "HEAD")
        plan = Store(store).prune_plan(adopt=True)
        assert (plan.removed, len(plan.kept)) == ((), 4)
        assert all("git restore" in item.reason for item in plan.kept)
        assert Store(store).prune(plan).commit is None
        assert git(store, "rev-parse", "HEAD") == head

    def test_what_came_back_meanwhile_stays(self, store: Repository, save_versions: Save, git: Git) -> None:
        paths = save_versions(2)
        for path in paths:
            (store.root / path).unlink()
        opened = Store(store)
        shown = opened.prune_plan(adopt=True)
        git(store, "restore", paths[0])
        result = opened.prune(shown)
        assert result.changed and list(told(result.plan.removed)) == ["Net@2"]
        assert (store.root / paths[0]).exists()

    def test_only_the_function_asked_for(self, store: Repository, save_versions: Save) -> None:
        for path in (*save_versions(1), *save_versions(1, "Other")):
            (store.root / path).unlink()
        assert list(told(Store(store).prune_plan(adopt=True, function="Other").removed)) == ["Other@1"]

    def test_a_policy_does_not_go_with_it(self, store: Repository) -> None:
        with pytest.raises(UsageError):
            Store(store).prune_plan(LAST, adopt=True)


def loose(store: Repository, blob: str, git: Git) -> Path:
    """Return the file of an object, out of its pack where it is in one."""
    for pack in (store.git_dir / "objects/pack").glob("*.pack"):
        aside = pack.rename(store.root.parent / pack.name)
        pack.with_suffix(".idx").unlink()
        subprocess.run(["git", "unpack-objects", "-q"], cwd=store.root, input=aside.read_bytes(), check=True)
    return store.git_dir / "objects" / blob[:2] / blob[2:]
