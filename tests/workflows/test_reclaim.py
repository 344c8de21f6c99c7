"""What a reclaim frees, and all that keeps a checkpoint from it."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import GitFailed, StoreLocked, UsageError
from trainstore.retention.policy import Policy
from trainstore.store.checkpoints.cache_lock import cache_in_use
from trainstore.store.checkpoints.dvc_cache import DvcCache
from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.reclaiming.make_plan import plan_at
from trainstore.workflows.reclaiming.reclaim import reclaim
from trainstore.workflows.reclaiming.reclaim_plan import ReclaimItem, ReclaimPlan, ReclaimRequest

Git = Callable[..., str]
Save = Callable[..., list[str]]
RecordRun = Callable[..., str]
InChild = Callable[..., int]

LAST = Policy(keep_last=1)
DAY = 86_400
WEIGHTS = 5000


def bytes_below(store: Repository) -> int:
    """Return the bytes of the files of a store but for git's, those with several names once."""
    found = {}
    for folder, folders, files in os.walk(store.root):
        folders[:] = [name for name in folders if name != ".git"]
        for name in files:
            stat = os.lstat(os.path.join(folder, name))
            found[stat.st_ino] = stat.st_size
    return sum(found.values())


def objects(store: Repository) -> set[str]:
    """Return the ids of all objects in a store's own cache."""
    root = store.root / ".dvc/cache/files/md5"
    return {file.parent.name + file.name for file in root.glob("??/*")}


def prune(store: Repository, policy: Policy = LAST) -> int | None:
    opened = Store(store)
    result = opened.prune(opened.prune_plan(policy))
    assert result.commit is not None
    return result.plan.reclaimable_bytes


def planned(store: Repository, *, days_later: float = 0, grace_s: int = 0) -> ReclaimPlan:
    return plan_at(store, ReclaimRequest(int(time.time() + days_later * DAY), grace_s))


def carry_out(store: Repository, plan: ReclaimPlan) -> int:
    """Do what a plan says, and see that the disk has back what it foretold."""
    before = bytes_below(store)
    result = reclaim(store, plan)
    assert not result.changed and result.plan == plan
    assert result.reclaimed_bytes == plan.reclaimable_bytes == before - bytes_below(store)
    return result.reclaimed_bytes


def versions(items: tuple[ReclaimItem, ...]) -> list[str]:
    return [str(item.checkpoint.version).rpartition("/")[2] for item in items]


def why(plan: ReclaimPlan) -> str:
    """Return why the only one that left the tree stays."""
    assert plan.removed == () and plan.objects == ()
    [item] = plan.kept
    return item.reason


@pytest.fixture
def pruned(store: Repository, save_versions: Save, record_run: RecordRun) -> str:
    """The folder of the run of Net@1, which was pruned; Net@2 has a run too."""
    save_versions(2)
    folder = record_run(store, "Net@1", weights=b"1" * WEIGHTS)
    record_run(store, "Net@2", weights=b"2" * WEIGHTS)
    prune(store)
    return folder


class TestWhatGoes:
    def test_a_pruned_checkpoint_goes_and_all_others_stay_whole(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git
    ) -> None:
        save_versions(3)
        record_run(store, "Net@1", weights=b"1" * WEIGHTS)
        record_run(store, "Net@2", weights=b"2" * WEIGHTS)
        record_run(store, "Net@3", weights=b"3" * WEIGHTS)
        everything, head = objects(store), git(store, "rev-parse", "HEAD")
        assert len(everything) == 3 + 3 + 1  # the structure is the same in all
        assert planned(store).removed == planned(store).kept == ()
        foretold = prune(store)
        head = git(store, "rev-parse", "HEAD")
        plan = planned(store)
        assert versions(plan.removed) == ["Net@1", "Net@2"] and plan.kept == ()
        assert carry_out(store, plan) == foretold and foretold > 2 * WEIGHTS
        assert len(everything - objects(store)) == 4
        assert (git(store, "rev-parse", "HEAD"), git(store, "status", "--porcelain")) == (head, "")
        assert Store(store).verify(content=True).problems == ()
        again = planned(store)
        assert (again.removed, again.kept, again.objects) == ((), (), ())
        assert reclaim(store, again).reclaimed_bytes == 0

    def test_it_stays_for_a_period_of_grace(self, store: Repository, pruned: str) -> None:
        fortnight = 14 * DAY
        early = planned(store, days_later=13.9, grace_s=fortnight)
        assert why(early).startswith("may go from 20")
        [item] = early.kept
        assert item.may_go_at == item.checkpoint.left_at + fortnight and item.bytes > WEIGHTS
        assert versions(planned(store, days_later=14.1, grace_s=fortnight).removed) == ["Net@1"]
        assert "by a wrong clock" in why(planned(store, days_later=-1, grace_s=fortnight))

    def test_a_commit_by_a_clock_that_was_behind_ends_no_period(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git, monkeypatch: Any
    ) -> None:
        save_versions(1)
        folder = record_run(store, "Net@1")
        git(store, "rm", "-rq", folder)
        shutil.rmtree(store.root / folder)
        monkeypatch.setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z")
        git(store, "commit", "-qm", "by a wrong clock")
        assert why(planned(store, grace_s=14 * DAY)).startswith("may go from")

    def test_what_rollback_undo_or_plain_git_took_out_goes_too(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git
    ) -> None:
        save_versions(2)
        gone = record_run(store, "Net@2")
        Store(store).rollback("Net", "@1")
        Store(store).undo()
        assert planned(store).removed == planned(store).kept == ()
        Store(store).rollback("Net", "@1")
        save_versions(1, "Other")
        record_run(store, "Other@1")
        Store(store).undo()
        by_hand = record_run(store, "Other@1")
        git(store, "rm", "-rq", by_hand)
        git(store, "commit", "-qm", "by hand")
        [item] = [one for one in planned(store).kept if by_hand in one.checkpoint.folders]
        assert f"still in a work tree, and would keep the bytes: {store.root / by_hand}" in item.reason
        shutil.rmtree(store.root / by_hand)
        left = {item.checkpoint.run_id: item.checkpoint.left_by for item in planned(store).removed}
        assert sorted(map(str, left.values())) == ["None", "rollback", "undo"]
        assert left[gone.rpartition("/")[2]] == "rollback"

    def test_what_a_merge_left_out_goes_when_no_branch_has_it(
        self, store: Repository, save_versions: Save, record_run: RecordRun, git: Git
    ) -> None:
        save_versions(1)
        git(store, "checkout", "-q", "-b", "side")
        folder = record_run(store, "Net@1")
        git(store, "checkout", "-q", "main")
        save_versions(1, "Other")
        git(store, "merge", "-q", "--no-commit", "--no-ff", "side")
        git(store, "rm", "-rqf", folder)
        git(store, "commit", "-qm", "without the run")
        shutil.rmtree(store.root / folder)
        assert why(planned(store)) == "still in branch side"
        git(store, "branch", "-D", "side")
        [item] = planned(store).removed
        assert (item.checkpoint.folders, item.checkpoint.left_by) == ((folder,), None)
        assert str(item.checkpoint.version) == "numpy_array/Net@1"

    def test_equal_runs_are_one_checkpoint_that_goes_with_the_last(
        self, store: Repository, save_versions: Save, record_run: RecordRun
    ) -> None:
        save_versions(2)
        for name in ("Net@1", "Net@1", "Net@2"):
            record_run(store, name, weights=b"same")
        assert prune(store) == 0
        assert planned(store).removed == planned(store).kept == ()
        save_versions(1, first=1704067300)
        assert prune(store) == carry_out(store, planned(store)) > 0
        assert objects(store) == set()

    def test_pruning_again_after_a_restore_begins_a_new_period(
        self, store: Repository, pruned: str, git: Git
    ) -> None:
        Store(store).restore("Net@1")
        assert planned(store).removed == planned(store).kept == ()
        prune(store)
        [item] = planned(store).removed
        assert item.checkpoint.left_at == int(git(store, "log", "-1", "--format=%ct"))

    def test_a_plan_that_is_no_longer_right_is_made_again_and_not_done(
        self, store: Repository, pruned: str
    ) -> None:
        plan, before = planned(store), objects(store)
        Store(store).restore("Net@1")
        result = reclaim(store, plan)
        assert result.changed and result.plan.removed == () and objects(store) == before

    def test_data_sets_stay_even_where_nothing_names_them_any_more(
        self, store: Repository, pruned: str, tmp_path: Path
    ) -> None:
        [item] = planned(store).removed
        weights = tmp_path / "weights.csv"
        weights.write_bytes(b"a,b\n" + b"1,2\n" * 30)
        Store(store).add_data("table", weights, target="b")
        Store(store).remove_data("table")
        shared = DvcCache(store.root)
        with (store.root / "datasets/weights.csv").open("rb") as file:
            md5 = shared.add(file).md5
        carry_out(store, planned(store))
        assert md5 in objects(store) and item.checkpoint.md5 not in objects(store)


def hold_by_branch(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    git(store, "branch", "other", "HEAD~1")
    return lambda: git(store, "branch", "-D", "other")


def hold_by_tag(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    git(store, "tag", "-a", "-m", "released", "v1", "HEAD~1")
    git(store, "tag", "-a", "-m", "signed off", "v2", "v1")
    git(store, "tag", "-d", "v1")
    return lambda: git(store, "tag", "-d", "v2")


def hold_by_remote(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    git(store, "clone", "-q", "--bare", store.root, tmp_path / "remote.git")
    git(tmp_path / "remote.git", "update-ref", "refs/heads/theirs", "HEAD~1")
    git(store, "remote", "add", "origin", tmp_path / "remote.git")
    git(store, "fetch", "-q", "origin")
    return lambda: git(store, "remote", "remove", "origin")


def hold_by_worktree(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    git(store, "worktree", "add", "-q", "--detach", tmp_path / "linked", "HEAD~1")
    return lambda: git(store, "worktree", "remove", "--force", tmp_path / "linked")


def hold_by_lost_worktree(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    git(store, "worktree", "add", "-q", "--detach", tmp_path / "linked", "HEAD~1")
    shutil.rmtree(tmp_path / "linked")
    return lambda: git(store, "worktree", "prune")


def hold_by_other_index(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    linked = tmp_path / "linked"
    git(store, "worktree", "add", "-q", "--detach", linked, "HEAD")
    git(linked, "checkout", "-q", "HEAD~1", "--", f"{folder}/checkpoint.dvc")
    (linked / folder / "checkpoint.dvc").unlink()
    return lambda: git(linked, "reset", "-q")


def hold_by_index(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    git(store, "checkout", "-q", "HEAD~1", "--", f"{folder}/checkpoint.dvc")
    (store.root / folder / "checkpoint.dvc").unlink()
    return lambda: git(store, "reset", "-q")


def hold_by_file(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    copy = store.root / "my models" / "best.dvc"
    copy.parent.mkdir()
    copy.write_text(git(store, "show", f"HEAD~1:{folder}/checkpoint.dvc") + "\n")
    return copy.unlink


def hold_by_ignored_lock_file(
    store: Repository, git: Git, folder: str, tmp_path: Path
) -> Callable[[], object]:
    md5 = git(store, "show", f"HEAD~1:{folder}/checkpoint.dvc").split("md5: ")[1].split("\n")[0]
    (store.root / "deep/er").mkdir(parents=True)
    (store.root / "deep/.gitignore").write_text("*\n")
    lock = store.root / "deep/er/dvc.lock"
    lock.write_text(f"schema: '2.0'\nstages:\n  train:\n    outs:\n    - path: model\n      md5: {md5}\n")
    return lock.unlink


def hold_by_stash(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    git(store, "checkout", "-q", "HEAD~1", "--", f"{folder}/checkpoint.dvc")
    git(store, "stash")
    (store.root / "trainstore.toml").write_text("")
    git(store, "add", "trainstore.toml")
    git(store, "stash")  # so that the one that counts is not the newest
    return lambda: git(store, "stash", "clear")


def hold_by_untracked_stash(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    hold_by_file(store, git, folder, tmp_path)
    git(store, "stash", "--include-untracked")
    return lambda: git(store, "stash", "drop")


def hold_by_run(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    git(store, "checkout", "-q", "HEAD~1", "--", f"{folder}/run.json")
    return lambda: git(store, "rm", "-qf", f"{folder}/run.json")


def hold_by_pin(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    Store(store).pin("Net@1")
    return lambda: Store(store).unpin("Net@1")


def hold_by_pin_elsewhere(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    Store(store).pin("Net@1")
    git(store, "branch", "pinning")
    Store(store).unpin("Net@1")
    return lambda: git(store, "branch", "-D", "pinning")


def hold_by_damaged_pointer(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    pointer = store.root / folder / "checkpoint.dvc"
    pointer.parent.mkdir(parents=True)
    pointer.write_text("outs:\n- md5: 0123\n")
    return pointer.unlink


def hold_by_link(store: Repository, git: Git, folder: str, tmp_path: Path) -> Callable[[], object]:
    [item] = planned(store).removed
    cache = DvcCache(store.root)
    listed = cache.path(item.checkpoint.md5).read_text()
    md5 = listed.split('"md5": "')[-1][:32]  # of the weights
    os.link(cache.path(md5), tmp_path / "in production")
    return (tmp_path / "in production").unlink


HOLDERS = {
    "branch": (hold_by_branch, "still in branch other"),
    "tag of a tag": (hold_by_tag, "still in tag v2"),
    "remote-tracking branch": (hold_by_remote, "still in remote-tracking branch origin/theirs"),
    "worktree": (hold_by_worktree, "still in HEAD of the work tree"),
    "worktree that was deleted": (hold_by_lost_worktree, "still in HEAD of the work tree"),
    "index of a worktree": (hold_by_other_index, "still in the index of the work tree"),
    "index": (hold_by_index, "still in the index of the work tree"),
    "file": (hold_by_file, "still in the work tree"),
    "ignored lock file": (hold_by_ignored_lock_file, "still in the work tree"),
    "stash": (hold_by_stash, "still in stash@{1}"),
    "stash of untracked files": (hold_by_untracked_stash, "still in stash@{0}"),
    "run without pointer": (hold_by_run, "without its pointer"),
    "pin": (hold_by_pin, "pinned in HEAD"),
    "pin on a branch": (hold_by_pin_elsewhere, "pinned in branch pinning"),
    "damaged pointer": (hold_by_damaged_pointer, "cannot be read, and may name it"),
    "hard link": (hold_by_link, "linked from elsewhere"),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_a_checkpoint_stays_while_anything_holds_it(
    store: Repository, pruned: str, git: Git, tmp_path: Path, holder: str
) -> None:
    hold, word = HOLDERS[holder]
    everything = objects(store)
    release = hold(store, git, pruned, tmp_path)
    plan = planned(store)
    assert word in why(plan)
    assert reclaim(store, plan).reclaimed_bytes == 0 and objects(store) == everything
    release()
    assert versions(planned(store).removed) == ["Net@1"]
    assert carry_out(store, planned(store)) > WEIGHTS


class TestWhatIsRefused:
    @pytest.fixture(autouse=True)
    def nothing_goes(self, store: Repository, pruned: str) -> Any:
        before = objects(store)
        yield
        assert objects(store) == before

    def test_a_shallow_clone(self, store: Repository, git: Git, tmp_path: Path) -> None:
        git(tmp_path, "clone", "-q", "--depth", "1", f"file://{store.root}", "shallow")
        with pytest.raises(UsageError, match="shallow"):
            planned(find_store(tmp_path / "shallow"))

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"outs:\n- path: x\n"])
    def test_a_pointer_that_cannot_be_read_and_that_history_does_not_know(
        self, store: Repository, content: bytes
    ) -> None:
        (store.root / "model.dvc").write_bytes(content)
        with pytest.raises(UsageError, match=r"model\.dvc.*any checkpoint may be its"):
            planned(store)
        (store.root / "model.dvc").unlink()
        (store.root / "model.dvc").symlink_to("nowhere")
        with pytest.raises(UsageError, match=r"model\.dvc"):
            planned(store)

    def test_a_pointer_of_which_one_output_cannot_be_read(self, store: Repository) -> None:
        whole, torn = "0123456789abcdef" * 2, "0123456789abcde?" * 2
        (store.root / "two.dvc").write_text(f"outs:\n- md5: {whole}\n  path: a\n- md5: {torn}\n  path: b\n")
        with pytest.raises(UsageError, match=r"two\.dvc"):
            planned(store)

    def test_a_branch_that_cannot_be_read(self, store: Repository) -> None:
        (store.root / ".git/refs/heads/torn").write_text("")
        with pytest.raises(GitFailed, match="torn"):
            planned(store)
        (store.root / ".git/refs/heads/torn").write_text("0" * 39 + "1\n")
        with pytest.raises(GitFailed):
            planned(store)

    def test_a_list_of_files_of_a_kept_checkpoint_that_is_damaged(self, store: Repository, git: Git) -> None:
        [kept] = (store.root / "training_runs").rglob("checkpoint.dvc")
        md5 = kept.read_text().split("md5: ")[1].split("\n")[0]
        place = DvcCache(store.root).path(md5)
        content = place.read_bytes()
        place.chmod(0o644)
        place.write_bytes(b"[]")
        with pytest.raises(UsageError, match="corrupt"):
            planned(store)
        place.write_bytes(content)

    def test_a_locked_worktree_that_is_away(self, store: Repository, git: Git, tmp_path: Path) -> None:
        git(store, "worktree", "add", "-q", tmp_path / "usb")
        git(store, "worktree", "lock", tmp_path / "usb")
        (tmp_path / "usb").rename(tmp_path / "unplugged")
        with pytest.raises(UsageError, match="cannot be looked at"):
            planned(store)

    def test_while_a_run_is_being_kept_or_another_writes(self, store: Repository) -> None:
        plan = planned(store)
        with cache_in_use(store), pytest.raises(StoreLocked):
            reclaim(store, plan, wait_seconds=0)


class TestCachesOfOthers:
    @pytest.fixture
    def shared(self, store: Repository, pruned: str, tmp_path: Path) -> Path:
        """The store's cache, now outside it."""
        shutil.move(store.root / ".dvc/cache", tmp_path / "shared")
        return tmp_path / "shared"

    def test_a_cache_outside_the_store_is_refused(self, store: Repository, shared: Path) -> None:
        (store.root / ".dvc/config.local").write_text(f"[cache]\n    dir = {shared}\n")
        with pytest.raises(UsageError, match="outside this store"):
            planned(store)

    def test_a_cache_behind_a_link_is_refused(self, store: Repository, shared: Path) -> None:
        (store.root / ".dvc/cache").symlink_to(shared)
        with pytest.raises(UsageError, match="outside this store"):
            planned(store)

    def test_another_store_that_uses_this_ones_cache_is_refused(
        self, store: Repository, pruned: str, git: Git, tmp_path: Path
    ) -> None:
        git(tmp_path, "clone", "-q", store.root, "clone")
        clone = find_store(tmp_path / "clone")
        (clone.root / ".dvc/config.local").write_text(f"[cache]\n    dir = {store.root}/.dvc/cache\n")
        with pytest.raises(UsageError, match="outside this store"):
            planned(clone)

    def test_objects_that_history_never_named_stay(
        self, store: Repository, pruned: str, tmp_path: Path
    ) -> None:
        (tmp_path / "foreign").write_bytes(b"foreign")
        cache = DvcCache(store.root)
        with (tmp_path / "foreign").open("rb") as file:
            foreign = cache.add_folder({"foreign": file})
        before = objects(store)
        carry_out(store, planned(store))
        assert foreign.md5 in objects(store) and len(before - objects(store)) == 2

    def test_a_linked_worktree_shares_the_main_ones_cache_and_may_reclaim(
        self, store: Repository, pruned: str, git: Git, tmp_path: Path
    ) -> None:
        from trainstore.workflows.init import init_store

        git(store, "worktree", "add", "-q", "-b", "side", tmp_path / "linked")
        init_store(tmp_path / "linked")
        linked = find_store(tmp_path / "linked")
        assert reclaim(linked, planned(linked)).reclaimed_bytes > WEIGHTS
        assert planned(store).removed == planned(store).kept == ()


class TestWhatIsMissing:
    def test_a_cache_that_vanished_holds_nothing(self, store: Repository, pruned: str) -> None:
        shutil.rmtree(store.root / ".dvc/cache")
        plan = planned(store)
        assert (plan.removed, plan.kept, reclaim(store, plan).reclaimed_bytes) == ((), (), 0)

    def test_a_cache_that_vanishes_after_it_was_planned_is_planned_again(
        self, store: Repository, pruned: str
    ) -> None:
        plan = planned(store)
        shutil.rmtree(store.root / ".dvc/cache")
        assert reclaim(store, plan).changed

    def test_a_file_that_is_gone_already_is_no_error(self, store: Repository, pruned: str) -> None:
        whole = planned(store)
        weights = next(
            name for name in whole.objects if DvcCache(store.root).path(name).stat().st_size == WEIGHTS
        )
        DvcCache(store.root).path(weights).unlink()
        assert carry_out(store, planned(store)) == whole.reclaimable_bytes - WEIGHTS

    def test_what_a_kept_checkpoint_without_its_list_has_in_the_work_tree_stays(
        self, store: Repository, save_versions: Save, record_run: RecordRun
    ) -> None:
        save_versions(2)
        record_run(store, "Net@1", weights=b"same" * 100)
        kept = record_run(store, "Net@2", weights=b"same" * 100)
        pointer = store.root / kept / "checkpoint.dvc"
        md5 = pointer.read_text().split("md5: ")[1].split("\n")[0]
        prune(store)
        for file in (store.root / kept / "checkpoint").iterdir():  # as where files are copied, not linked
            content = file.read_bytes()
            file.unlink()
            file.write_bytes(content)
        before = objects(store)
        cache = DvcCache(store.root)
        cache.path(md5).unlink()
        assert planned(store).objects == () and objects(store) == before - {md5}


@pytest.mark.slow
def test_killed_at_any_step_it_leaves_a_sound_cache_and_goes_on_the_next_time(
    store: Repository, save_versions: Save, record_run: RecordRun, tmp_path: Path, in_child: InChild
) -> None:
    save_versions(4)
    for name in ("Net@1", "Net@2", "Net@3", "Net@4"):
        record_run(store, name, weights=name.encode() * 100)
    prune(store)

    def copied(name: str) -> Repository:
        shutil.copytree(store.root, tmp_path / name, symlinks=True)
        return find_store(tmp_path / name)

    finished = copied("finished")
    plan = planned(finished)
    act: Callable[[Repository], object] = lambda one: reclaim(one, plan_at(one, plan.request))  # noqa: E731
    steps = in_child(partial(act, finished))
    assert len(plan.objects) == 6 and planned(finished).objects == ()
    going_on = 0
    for step in range(1, steps + 1):
        killed = copied(str(step))
        assert in_child(partial(act, killed), step) == -signal.SIGKILL
        cache = DvcCache(killed.root)
        left = objects(killed)
        for identity in [one for one in left if one.endswith(".dir")]:  # none lacks a part of what it lists
            assert {entry for entry in _listed(cache.path(identity))} <= left
        going_on += objects(finished) != left
        carry_out(killed, plan_at(killed, plan.request))
        assert objects(killed) == objects(finished)
        assert not [*killed.root.glob(".dvc/cache/files/md5/.trainstore-reclaiming/*")]
        assert Store(killed).verify(content=True).problems == ()
        shutil.rmtree(killed.root)
    assert going_on > 6


def _listed(place: Path) -> list[str]:
    return [part[:32] for part in place.read_text().split('"md5": "')[1:]]


def test_a_list_that_was_set_aside_and_is_needed_again_is_put_back(store: Repository, pruned: str) -> None:
    [item] = planned(store).removed
    place = DvcCache(store.root).path(item.checkpoint.md5)
    aside = store.root / ".dvc/cache/files/md5/.trainstore-reclaiming"
    aside.mkdir()
    place.rename(aside / item.checkpoint.md5)
    assert Store(store).restore("Net@1").folders.missing
    plan = planned(store)
    assert plan.put_back == (item.checkpoint.md5,) and plan.removed == ()
    reclaim(store, plan)
    assert place.is_file()
    Store(store).undo()
    assert Store(store).restore("Net@1").folders.missing == ()


class TestAfterwards:
    def test_a_version_comes_back_without_its_checkpoint_and_it_is_no_damage(
        self, store: Repository, pruned: str
    ) -> None:
        carry_out(store, planned(store))
        result = Store(store).restore("Net@1")
        folder = f"{pruned}/checkpoint"
        assert result.folders.missing == (folder,)
        assert abs(result.folders.reclaimed[folder] - time.time()) < 60
        assert (store.root / pruned / "run.json").exists()
        verified = Store(store).verify(content=True)
        assert verified.ok
        assert [(one.kind, one.severity) for one in verified.problems] == [
            ("checkpoint reclaimed", "warning")
        ]

    def test_one_that_is_missing_for_another_reason_is_damage(
        self, store: Repository, pruned: str, record_run: RecordRun
    ) -> None:
        carry_out(store, planned(store))
        shutil.rmtree(store.root / ".dvc/cache")
        verified = Store(store).verify()
        assert not verified.ok and {one.kind for one in verified.problems} == {"checkpoint missing"}

    def test_the_same_bytes_trained_again_are_there_again(
        self, store: Repository, pruned: str, record_run: RecordRun
    ) -> None:
        carry_out(store, planned(store))
        record_run(store, "Net@2", weights=b"1" * WEIGHTS)
        assert Store(store).verify(content=True).problems == ()
        assert planned(store).removed == planned(store).kept == ()
