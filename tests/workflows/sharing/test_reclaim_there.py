"""Freeing the DVC remote: what goes, what other clones keep, and where it is refused."""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.disk_format.remote_notes import NEEDS
from trainstore.errors import RemoteFailed, UsageError
from trainstore.retention.policy import Policy
from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.reclaiming.reclaim_plan import ReclaimRequest
from trainstore.workflows.remote_reclaiming.make_plan import RemoteChoice, RemotePlan, plan_there
from trainstore.workflows.remote_reclaiming.reclaim import reclaim_there
from trainstore.workflows.sharing.pull import PullOptions, pull_store
from trainstore.workflows.sharing.push import PushOptions, push_store

Git = Callable[..., str]
PUSH, PULL = PushOptions(), PullOptions()
DAY = 86_400
WEIGHTS = 5000


def planned(person: Repository, *, grace_s: int = 0, days_later: float = 0) -> RemotePlan:
    return plan_there(person, ReclaimRequest(int(time.time() + days_later * DAY), grace_s), RemoteChoice())


def why(person: Repository) -> str:
    """Return why the only one that left the tree stays on the DVC remote."""
    plan = planned(person).plan
    assert plan.removed == () and plan.objects == ()
    [item] = plan.kept
    return item.reason


def state(people: Any, git: Git) -> tuple[Any, ...]:
    """Return all that the remotes hold."""
    files = {file: file.stat().st_mtime_ns for file in people.storage.rglob("*") if file.is_file()}
    return git(people.git_remote, "for-each-ref"), files, git(people.ann, "for-each-ref")


@pytest.fixture
def pruned(people: Any, save: Callable[..., None], record_run: Callable[..., str]) -> str:
    """The folder of the run of Net@1, which Ann pruned; all is pushed, and Ben has pulled what was before the prune."""
    save(people.ann, 1, 2)
    folder = record_run(people.ann, "Net@1", weights=b"1" * WEIGHTS)
    record_run(people.ann, "Net@2", weights=b"2" * WEIGHTS)
    push_store(people.ann, PUSH)
    pull_store(people.ben, PULL)
    Store(people.ann).prune(Store(people.ann).prune_plan(Policy(keep_last=1)))
    push_store(people.ann, PUSH)
    return folder


class TestWhatGoes:
    def test_a_pruned_checkpoint_goes_there_and_nothing_else_does_anywhere(
        self, people: Any, pruned: str, git: Git, cached: Any
    ) -> None:
        before, here = people.objects(), cached(people.ann)
        plan = planned(people.ann)
        assert [str(item.checkpoint.version) for item in plan.plan.removed] == ["numpy_array/Net@1"]
        done = reclaim_there(people.ann, plan).result
        gone = before.keys() - people.objects().keys()
        assert gone == set(plan.plan.objects) and len(gone) == 2  # the structure is the other one's too
        assert (
            done.reclaimed_bytes == plan.plan.reclaimable_bytes == sum(before[one] for one in gone) > WEIGHTS
        )
        assert cached(people.ann) == here
        assert "reclaim" not in git(people.git_remote, "for-each-ref")
        assert [file.parent.name for file in people.storage.glob(".trainstore/*/*")] == ["stores"]
        assert "trainstore" not in git(people.ann, "for-each-ref")
        assert planned(people.ann).plan.objects == ()
        pull_store(people.ben, PullOptions(checkpoints=True))
        assert Store(people.ben).verify(content=True).ok

    def test_it_stays_for_a_period_of_grace(self, people: Any, pruned: str) -> None:
        early = planned(people.ann, grace_s=14 * DAY, days_later=13.9).plan
        assert early.objects == () and early.kept[0].reason.startswith("may go from 20")
        assert planned(people.ann, grace_s=14 * DAY, days_later=14.1).plan.objects

    def test_any_clone_may_do_it_without_having_the_checkpoint(self, people: Any, pruned: str) -> None:
        pull_store(people.ben, PULL)
        assert reclaim_there(people.ben, planned(people.ben)).result.reclaimed_bytes > WEIGHTS

    def test_a_plan_changes_nothing(self, people: Any, pruned: str, git: Git) -> None:
        before = state(people, git)
        assert planned(people.ann).plan.objects
        assert state(people, git) == before

    def test_data_sets_and_what_history_never_named_stay(
        self, people: Any, pruned: str, tmp_path: Path
    ) -> None:
        (tmp_path / "table.csv").write_text("a,kind\n" + "1,x\n2,y\n" * 20)
        data = Store(people.ann).add_data("table", tmp_path / "table.csv", target="kind").pinned.md5
        Store(people.ann).remove_data("table")
        push_store(people.ann, PUSH)
        foreign = people.place("f" * 32)
        foreign.parent.mkdir()
        foreign.write_bytes(b"foreign")
        reclaim_there(people.ann, planned(people.ann))
        assert {data, "f" * 32} <= people.objects().keys()


class TestWhatKeeps:
    @pytest.mark.parametrize("what", ["heads/other", "tags/first", "notes/own"])
    def test_whatever_reference_of_the_git_remote(
        self, people: Any, pruned: str, git: Git, what: str
    ) -> None:
        """Ann's clone never heard of it."""
        git(people.ben, "push", "--quiet", "origin", f"HEAD:refs/{what}")
        assert "still in " in why(people.ann) and what.partition("/")[2] in why(people.ann)

    def test_an_unpublished_branch_of_another_clone_until_it_is_gone(
        self, people: Any, pruned: str, git: Git
    ) -> None:
        git(people.ben, "switch", "--quiet", "--create", "mine")
        git(people.ben, "commit", "--quiet", "--allow-empty", "--message", "Try something")
        git(people.ben, "switch", "--quiet", "main")
        pull_store(people.ben, PULL)
        assert why(people.ann).startswith("still in a clone of Tess Ter (")
        git(people.ben, "branch", "--quiet", "-D", "mine")
        pull_store(people.ben, PULL)
        assert NEEDS not in git(people.git_remote, "for-each-ref")
        assert planned(people.ann).plan.objects

    def test_a_pushed_one_is_told_of_by_itself_alone(self, people: Any, pruned: str, git: Git) -> None:
        git(people.ben, "switch", "--quiet", "--create", "mine")
        git(people.ben, "commit", "--quiet", "--allow-empty", "--message", "Try something")
        pull_store(people.ben, PULL)
        assert NEEDS in git(people.git_remote, "for-each-ref")
        push_store(people.ben, PUSH)
        assert NEEDS not in git(people.git_remote, "for-each-ref")
        assert why(people.ann) == "still in the git remote's branch mine"

    @pytest.mark.parametrize("how", ["stash", "index", "file", "pin", "tag", "branch", "label"])
    def test_all_else_that_another_clone_has_not_published(
        self, people: Any, pruned: str, git: Git, how: str
    ) -> None:
        old = git(people.ben, "rev-parse", "HEAD")
        pull_store(people.ben, PULL)
        if how == "pin":
            Store(people.ben).pin("Net@1")
        elif how in ("branch", "label"):  # its commit is published, its name is not
            git(people.ben, *(("branch",) if how == "branch" else ("tag",)), "keep", old)
        elif how == "tag":
            git(people.ben, "switch", "--quiet", "--detach", old)
            git(people.ben, "commit", "--quiet", "--allow-empty", "--message", "Try something")
            git(people.ben, "tag", "--annotate", "--message", "first", "first")
            git(people.ben, "switch", "--quiet", "main")
        else:
            git(people.ben, "checkout", old, "--", f"{pruned}/checkpoint.dvc")
        if how == "stash":
            git(people.ben, "stash")
        if how == "file":
            git(people.ben, "reset", "--quiet")
        pull_store(people.ben, PULL)
        assert why(people.ann).startswith("still in a clone of Tess Ter (")

    def test_a_branch_of_ones_own(self, people: Any, pruned: str, git: Git) -> None:
        git(people.ann, "branch", "older", "HEAD~1")
        assert why(people.ann) == "still in branch older"

    def test_what_a_clone_told_and_needs_no_more_does_not_keep_it_from_reclaiming(
        self, people: Any, pruned: str, git: Git
    ) -> None:
        git(people.ben, "branch", "--quiet", "keep")
        pull_store(people.ben, PULL)
        assert why(people.ben) == "still in branch keep"
        git(people.ben, "branch", "--quiet", "-D", "keep")
        assert why(people.ann).startswith("still in a clone of")
        assert planned(people.ben).plan.objects

    def test_of_a_list_that_nobody_else_can_read_yet_the_files_are_told(
        self, people: Any, pruned: str, git: Git, record_run: Callable[..., str]
    ) -> None:
        record_run(people.ben, "Net@2", weights=b"3" * WEIGHTS)
        pull_store(people.ben, PULL)
        (note,) = git(people.git_remote, "for-each-ref", "--format=%(refname)", NEEDS).split()
        told = json.loads(git(people.git_remote, "cat-file", "blob", note))
        assert hashlib.md5(b"3" * WEIGHTS, usedforsecurity=False).hexdigest() in told["ids"]
        assert told.keys() == {"by", "ids"}

    def test_a_copy_of_a_clone_is_another_clone(self, people: Any, pruned: str, git: Git) -> None:
        git(people.ben, "switch", "--quiet", "--create", "mine")
        git(people.ben, "commit", "--quiet", "--allow-empty", "--message", "Try something")
        pull_store(people.ben, PULL)
        shutil.copytree(people.ben.root, people.ben.root.parent / "copy", symlinks=True)
        copy = find_store(people.ben.root.parent / "copy")
        git(copy, "switch", "--quiet", "main")
        git(copy, "branch", "--quiet", "-D", "mine")
        pull_store(copy, PULL)
        assert why(people.ann).startswith("still in a clone of")

    def test_a_branch_that_only_lags_behind_keeps_nothing(self, people: Any, pruned: str, git: Git) -> None:
        git(people.ben, "branch", "--quiet", "--track", "work", "origin/main")
        git(people.ben, "switch", "--quiet", "--create", "mine")
        git(people.ben, "push", "--quiet", "--set-upstream", "origin", "mine:theirs")
        git(people.git_remote, "update-ref", "refs/heads/theirs", "main")
        pull_store(people.ben, PULL)
        assert NEEDS not in git(people.git_remote, "for-each-ref")
        assert planned(people.ann).plan.objects


@pytest.mark.slow
def test_the_dvc_program_takes_no_notice_of_the_notes(people: Any, pruned: str) -> None:
    def dvc(*arguments: str) -> str:
        command = [sys.executable, "-m", "dvc", *arguments]
        ended = subprocess.run(command, cwd=people.ann.root, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout + ended.stderr

    reclaim_there(people.ann, planned(people.ann))
    before = {file for file in people.storage.rglob("*") if file.is_file()}
    assert "are in sync" in dvc("status", "--cloud")
    dvc("gc", "--cloud", "--workspace", "--force")
    assert {file for file in people.storage.rglob("*") if file.is_file()} == before
    assert "up to date" in dvc("push")


class TestRefuses:
    def test_where_a_store_of_another_git_remote_uses_the_dvc_remote(
        self, people: Any, pruned: str, git: Git, tmp_path: Path
    ) -> None:
        git(tmp_path, "clone", "--quiet", "--bare", people.git_remote, "other.git")
        git(people.ben, "remote", "set-url", "origin", tmp_path / "other.git")
        pull_store(people.ben, PULL)
        push_store(people.ben, PUSH)
        before = state(people, git)
        with pytest.raises(UsageError, match=r"not shared by the git remote 'origin'.*\.trainstore/stores/"):
            planned(people.ann)
        assert state(people, git) == before

    def test_where_a_store_appears_after_it_was_planned(self, people: Any, pruned: str, git: Git) -> None:
        plan = planned(people.ann)
        (people.storage / ".trainstore/stores/0123456789abcdef").touch()
        before = state(people, git)
        with pytest.raises(UsageError, match="0123456789abcdef"):
            reclaim_there(people.ann, plan)
        assert state(people, git) == before

    def test_where_a_note_cannot_be_read(self, people: Any, pruned: str, git: Git) -> None:
        blob = git(people.git_remote, "hash-object", "-w", "/dev/null")
        git(people.git_remote, "update-ref", f"{NEEDS}0123456789abcdef", blob)
        with pytest.raises(UsageError, match=f"{NEEDS}0123456789abcdef on the git remote cannot be read"):
            planned(people.ann)

    def test_in_a_shallow_clone(self, people: Any, pruned: str, git: Git, tmp_path: Path) -> None:
        git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{people.git_remote}", "shallow")
        with pytest.raises(UsageError, match="shallow"):
            planned(find_store(tmp_path / "shallow"))

    def test_without_a_git_remote(self, store: Repository, people: Any) -> None:
        with pytest.raises(UsageError, match="has no git remote"):
            planned(store)


class TestRemotesThatTakeNoNotes:
    @pytest.fixture
    def without_notes(self, people: Any, git: Git) -> None:
        hook = people.git_remote / "hooks/update"
        hook.write_text('#!/bin/sh\ncase "$1" in refs/heads/*) exit 0;; *) echo no notes; exit 1;; esac\n')
        hook.chmod(0o755)

    def test_a_push_works_and_no_clone_reclaims_then(
        self, people: Any, without_notes: None, pruned: str
    ) -> None:
        with pytest.raises(UsageError, match="not shared by the git remote"):
            planned(people.ann)

    def test_a_pull_says_it_once(self, people: Any, pruned: str, without_notes: None, git: Git) -> None:
        git(people.ben, "commit", "--quiet", "--allow-empty", "--message", "Try something")
        assert "origin" in pull_store(people.ben, PULL).untold
        assert pull_store(people.ben, PULL).untold == ""

    def test_a_reclaim_is_refused_before_anything_is_done(
        self, people: Any, pruned: str, without_notes: None, git: Git
    ) -> None:
        plan, before = planned(people.ann), state(people, git)
        with pytest.raises(RemoteFailed, match="git push with the remote 'origin' failed"):
            reclaim_there(people.ann, plan)
        assert state(people, git) == before
