"""The commands reclaim and du: what they show, what they ask, and what they refuse."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.retention.policy import Policy
from trainstore.store.git.repository import Repository

Call = Callable[..., Any]
Git = Callable[..., str]


@pytest.fixture(scope="module")
def template(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose two runs were pruned, Tiny@3 being the only version left; to be copied."""
    root = tmp_path_factory.mktemp("pruned") / "store"
    shutil.copytree(trained.root, root, symlinks=True)
    opened = Store.open(root)
    opened.prune(opened.prune_plan(Policy(keep_last=1)))
    return root


@pytest.fixture
def pruned(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    shutil.copytree(template, tmp_path / "pruned", symlinks=True)
    monkeypatch.chdir(tmp_path / "pruned")
    return Store.open(tmp_path / "pruned").repository


def cached(store: Repository) -> int:
    return sum(file.stat().st_size for file in (store.root / ".dvc/cache").rglob("*") if file.is_file())


def test_a_period_of_grace_is_told_and_kept(pruned: Repository, call: Call) -> None:
    before = cached(pruned)
    looked = call("reclaim", "--dry-run")
    assert looked.code == 0 and looked.err == ""
    assert "numpy_array/Tiny@2" in looked.out and "may go from 20" in looked.out
    assert looked.out.endswith("\nThere is nothing to free.\n")
    assert call("reclaim", "--yes").out == looked.out and cached(pruned) == before


def test_the_plan_that_is_shown_is_the_one_that_is_done(pruned: Repository, call: Call, git: Git) -> None:
    before, head = cached(pruned), git(pruned, "rev-parse", "HEAD")
    looked = call("reclaim", "--now", "--dry-run")
    assert "would go for good" in looked.out and "trainstore pin VERSION" in looked.out
    done = call("reclaim", "--now", "--yes")
    assert done.code == 0 and done.out.startswith(looked.out) and "free again" in done.out
    assert cached(pruned) == 0 < before and git(pruned, "rev-parse", "HEAD") == head
    assert call("reclaim", "--now", "--yes").out == "There is nothing to free.\n"


def test_both_documents_hold_the_same_plan(pruned: Repository, call: Call, trained: Any) -> None:
    before = cached(pruned)
    looked = call("reclaim", "--now", "--dry-run", "--json").document
    done = call("reclaim", "--now", "--yes", "--json").document
    assert {**looked, "dry_run": False, "reclaimed_bytes": before} == done
    assert done["reclaimable_bytes"] == before == sum(item["bytes"] for item in done["removed"])
    runs = [run for item in done["removed"] for run in item["runs"]]
    assert set(runs) == {trained.run_id, trained.rerun_id}
    assert {(item["function"], item["version"], item["pruned_by"]) for item in done["removed"]} == {
        ("numpy_array/Tiny", 2, "prune")
    }


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--now"], "--yes"),
        (["--now", "--json"], "--dry-run"),
        (["--now", "--yes", "--dry-run"], "--yes"),
        (["--now", "--grace", "3d", "--yes"], "--grace"),
        (["--grace", "fortnight", "--yes"], "fortnight"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_and_frees_nothing(
    pruned: Repository, call: Call, arguments: list[str], word: str
) -> None:
    before = cached(pruned)
    ended = call("reclaim", *arguments)
    assert ended.code == 2 and word in ended.err and "Traceback" not in ended.err
    assert cached(pruned) == before


def test_a_short_period_may_be_given(pruned: Repository, call: Call) -> None:
    assert call("reclaim", "--grace", "0s", "--dry-run", "--json").document["removed"]
    assert call("reclaim", "--grace", "1h", "--dry-run", "--json").document["removed"] == []


def test_what_comes_back_without_its_checkpoint_says_so(pruned: Repository, call: Call, trained: Any) -> None:
    call("reclaim", "--now", "--yes")
    back = call("restore", "Tiny@2")
    assert back.code == 0 and " is back with 2 runs; " in back.out
    assert f"of run {trained.run_id} are back, but its checkpoint was reclaimed on 20" in back.err
    assert f"trainstore rerun {trained.run_id}" in back.err and "dvc pull" in back.err
    verified = call("verify")
    assert verified.code == 0 and "was reclaimed at 20" in verified.out + verified.err
    asked = call("checkpoint", "get", trained.run_id)
    assert asked.code == 14 and "was reclaimed at 20" in asked.err


def test_du_tells_shares_and_totals(pruned: Repository, call: Call, trained: Any) -> None:
    call("undo")
    by_function = call("du")
    assert by_function.code == 0 and by_function.out.startswith("FUNCTION")
    assert "numpy_array/Tiny" in by_function.out and "DVC's cache" in by_function.out
    by_run = call("du", "Tiny")
    assert trained.run_id in by_run.out and by_run.out.startswith("RUN")
    assert call("du", "Nothing").code == 12
    use = call("du", "--json").document
    assert use["totals"]["cache_bytes"] == use["totals"]["kept_bytes"] == cached(pruned)
    assert [run["run_id"] for run in use["runs"]] == [trained.run_id, trained.rerun_id]


def test_du_tells_when_what_left_may_go(pruned: Repository, call: Call) -> None:
    told = call("du").out
    assert "checkpoints that left the tree" in told and " on\n" in told
    (pruned.root / "torn.dvc").write_text("")
    assert "Nothing can be reclaimed: The pointer 'torn.dvc'" in call("du").out


def test_hostile_names_do_not_reach_the_terminal(pruned: Repository, call: Call, git: Git) -> None:
    (pruned.root / "\x1b[31mred.dvc").write_text("")
    ended = call("reclaim", "--now", "--yes")
    assert ended.code == 2 and "\x1b[31mred" not in ended.err


class TestOnTheRemote:
    @pytest.fixture
    def shared(self, pruned: Repository, call: Call, git: Git, tmp_path: Path) -> Path:
        """The folder in which the store is shared; its history is all there."""
        git(tmp_path, "init", "--quiet", "--bare", "remote.git")
        git(pruned, "remote", "add", "origin", tmp_path / "remote.git")
        config = pruned.root / ".dvc/config"
        config.write_text(f"{config.read_text()}['remote \"shelf\"']\n    url = {tmp_path}/shelf\n")
        git(pruned, "commit", "--quiet", "--all", "--message", "Name the DVC remote")
        (tmp_path / "shelf").mkdir()
        assert call("push").code == 0
        return tmp_path / "shelf"

    def test_it_goes_when_it_was_shown_and_the_cache_stays(
        self, pruned: Repository, shared: Path, call: Call
    ) -> None:
        here = cached(pruned)
        there = sum(file.stat().st_size for file in shared.rglob("*") if file.is_file())
        looked = call("reclaim", "--remote", "--now", "--dry-run")
        assert looked.code == 0 and "on the DVC remote 'shelf'" in looked.out
        assert "· asking the DVC remote 'shelf'" in looked.err
        done = call("reclaim", "--remote", "--now", "--yes")
        assert done.out.startswith(looked.out)
        assert done.out.endswith("are free again on the DVC remote 'shelf'.\n")
        assert cached(pruned) == here > 0 < there
        assert [file.stat().st_size for file in shared.rglob("*") if file.is_file()] == [0]
        again = call("reclaim", "--remote", "--now", "--yes")
        assert again.out == "There is nothing to free on the DVC remote 'shelf'.\n"

    def test_both_documents_name_the_remote(self, pruned: Repository, shared: Path, call: Call) -> None:
        looked = call("reclaim", "--remote", "--now", "--dry-run", "--json").document
        done = call("reclaim", "--remote", "--now", "--yes", "--json").document
        assert looked["dvc_remote"] == done["dvc_remote"] == "shelf"
        assert done["reclaimed_bytes"] == looked["reclaimable_bytes"] > 0
        assert call("reclaim", "--dry-run", "--json").document["dvc_remote"] is None

    @pytest.mark.parametrize("option", [["--git-remote", "x"], ["--dvc-remote", "x"], ["--take-over"]])
    def test_what_is_about_remotes_needs_remote(
        self, pruned: Repository, call: Call, option: list[str]
    ) -> None:
        ended = call("reclaim", "--now", "--yes", *option)
        assert ended.code == 2 and "Add --remote" in ended.err

    def test_a_remote_that_is_not_there_is_told(self, pruned: Repository, shared: Path, call: Call) -> None:
        ended = call("reclaim", "--remote", "--dry-run", "--git-remote", "nobody")
        assert ended.code == 2 and "There is no git remote 'nobody'" in ended.err
        assert "--git-remote origin" in ended.err
        assert call("reclaim", "--remote", "--dry-run", "--dvc-remote", "nobody").code == 2
