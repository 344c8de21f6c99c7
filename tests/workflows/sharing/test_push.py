"""Pushing to a bare repository and to a folder: objects before the branch, only what is missing, resumable."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.disk_format.dvc_files import named_ids
from trainstore.errors import CheckpointMissing, StoreConflict, UsageError
from trainstore.store.git.repository import Repository
from trainstore.workflows.save import save_records
from trainstore.workflows.sharing.pull import PullOptions, pull_store
from trainstore.workflows.sharing.push import PushOptions, push_store
from trainstore.workflows.transfers.progress import Transfer

Git = Callable[..., str]
Make = Callable[..., Any]
PUSH = PushOptions()


@pytest.fixture
def people(people: Any, make_record: Make, record_run: Callable[..., str]) -> Any:
    """Ann has a function that ran once, and nobody knows it yet."""
    save_records(people.ann, [make_record()])
    record_run(people.ann, "Net")
    return people


def remote_head(people: Any, git: Git) -> str:
    return git(people.git_remote, "rev-parse", "main")


def test_objects_go_first_and_the_branch_last(people: Any, git: Git, cached: Any) -> None:
    before = remote_head(people, git)
    seen: dict[str, tuple[bool, int]] = {}

    def look(step: str) -> None:
        seen[step.split(" ", maxsplit=1)[0]] = (remote_head(people, git) == before, len(people.objects()))

    result = push_store(people.ann, PUSH, Transfer(look))
    assert seen == {"asking": (True, 0), "sending": (True, 0), "pushing": (True, 3)}
    assert remote_head(people, git) == result.commit == git(people.ann, "rev-parse", "HEAD")
    assert people.objects().keys() == cached(people.ann)
    assert (result.commits, result.objects, result.dvc_remote) == (2, 3, "storage")
    assert result.bytes == sum(people.objects().values())


def test_only_what_is_missing_is_sent(people: Any, record_run: Callable[..., str]) -> None:
    push_store(people.ann, PUSH)
    again = push_store(people.ann, PUSH)
    assert (again.commits, again.objects, again.bytes) == (0, 0, 0)
    record_run(people.ann, "Net", weights=b"others")
    times = {file: file.stat().st_mtime_ns for file in people.storage.rglob("*") if file.is_file()}
    assert push_store(people.ann, PUSH).objects == 2  # the structure is there
    assert {file: file.stat().st_mtime_ns for file in times} == times


def test_what_was_cut_off_there_is_sent_again(people: Any) -> None:
    push_store(people.ann, PUSH)
    identity, size = max(people.objects().items(), key=lambda item: item[1])
    people.place(identity).chmod(0o644)
    os.truncate(people.place(identity), size - 1)
    assert push_store(people.ann, PUSH).objects == 1
    assert people.objects()[identity] == size


def test_a_dry_run_sends_nothing(people: Any, git: Git) -> None:
    before = remote_head(people, git)
    planned = push_store(people.ann, PushOptions(dry_run=True))
    assert (planned.commits, planned.objects, people.objects()) == (2, 3, {})
    assert remote_head(people, git) == before


def test_what_the_tree_has_no_more_is_sent_with_the_commits_that_name_it(people: Any, cached: Any) -> None:
    """Who gets the commits may bring the version back."""
    Store(people.ann).undo()
    assert not list(people.ann.root.glob("training_runs/*/*/*/checkpoint.dvc"))
    push_store(people.ann, PUSH)
    assert people.objects().keys() == cached(people.ann)


def test_history_is_sent_when_asked_for(people: Any, git: Git) -> None:
    """Plain git published commits without their objects; what left the tree since is nobody's new commit."""
    Store(people.ann).undo()
    git(people.ann, "push", "--quiet")
    assert push_store(people.ann, PUSH).objects == 0
    assert push_store(people.ann, PushOptions(history=True)).objects == 3


def test_what_plain_git_published_without_its_objects_is_made_good(people: Any, git: Git) -> None:
    git(people.ann, "push", "--quiet")
    assert push_store(people.ann, PUSH).objects == 3


def test_someone_elses_commits_must_be_pulled_first(people: Any, git: Git, make_record: Make) -> None:
    save_records(people.ben, [make_record("Bens")])
    push_store(people.ben, PUSH)
    with pytest.raises(StoreConflict, match="origin/main has 1 commit that you have not") as caught:
        push_store(people.ann, PUSH)
    assert "trainstore pull" in caught.value.hint
    assert people.objects() == {}
    pull_store(people.ann, PullOptions())
    assert push_store(people.ann, PUSH).commits == 3  # hers, and the merge


def test_a_new_pointer_to_what_nobody_has_is_not_published(people: Any, git: Git) -> None:
    before = remote_head(people, git)
    lost = max((people.ann.root / ".dvc/cache/files/md5").glob("??/*"), key=lambda file: file.name)
    lost.unlink()
    with pytest.raises(CheckpointMissing, match=r"checkpoint\.dvc' points to; nothing was pushed"):
        push_store(people.ann, PUSH)
    assert remote_head(people, git) == before
    git(people.ann, "push", "--quiet")  # as the hint says
    assert len(push_store(people.ann, PUSH).lacking) == 1


def test_what_is_damaged_here_does_not_travel(people: Any, git: Git) -> None:
    before = remote_head(people, git)
    damaged = next((people.ann.root / ".dvc/cache/files/md5").glob("??/*[!r]"))
    damaged.chmod(0o644)
    damaged.write_bytes(bytes(damaged.stat().st_size))
    with pytest.raises(CheckpointMissing, match="corrupt in the cache"):
        push_store(people.ann, PUSH)
    assert remote_head(people, git) == before
    assert f"{damaged.parent.name}{damaged.name}" not in people.objects()


def test_a_commit_made_meanwhile_waits_for_the_next_push(people: Any, git: Git, make_record: Make) -> None:
    def save(step: str) -> None:
        if step.startswith("sending"):
            save_records(people.ann, [make_record("Later")])

    result = push_store(people.ann, PUSH, Transfer(save))
    assert remote_head(people, git) == result.commit != git(people.ann, "rev-parse", "HEAD")
    assert push_store(people.ann, PUSH).commits == 1


class TestKilled:
    def test_at_any_step_the_next_push_completes_and_no_pointer_is_ever_without_its_object(
        self, people: Any, git: Git, in_child: Callable[..., int], cached: Any
    ) -> None:
        before = remote_head(people, git)
        steps = in_child(lambda: push_store(people.ann, PushOptions(dry_run=True)))
        assert steps > 0
        for step in range(steps + 1, steps + 60, 7):
            ended = in_child(lambda: push_store(people.ann, PUSH), kill_at=step)
            if remote_head(people, git) != before:
                assert people.objects().keys() == cached(people.ann)
            for identity in people.objects():
                if identity.endswith(".dir"):
                    assert named_ids(people.place(identity).read_bytes()) <= people.objects().keys()
            if ended >= 0:
                break
        push_store(people.ann, PUSH)
        assert people.objects().keys() == cached(people.ann)
        assert remote_head(people, git) == git(people.ann, "rev-parse", "HEAD")

    def test_what_it_left_half_written_goes_a_day_later(self, people: Any) -> None:
        push_store(people.ann, PUSH)
        stray = people.storage / "files/md5/.trainstore-0123456789abcdef.tmp"
        stray.write_text("half")
        others = people.storage / "files/md5/notes.txt"
        others.write_text("mine")
        day_ago = stray.stat().st_mtime - 25 * 3600
        os.utime(others, (day_ago, day_ago))
        people.place(next(iter(people.objects()))).unlink()
        push_store(people.ann, PUSH)
        assert stray.exists()
        os.utime(stray, (day_ago, day_ago))
        people.place(next(iter(people.objects()))).unlink()
        push_store(people.ann, PUSH)
        assert (stray.exists(), others.exists()) == (False, True)


class TestRemotes:
    def test_without_a_git_remote_it_says_how_to_add_one(self, store: Repository) -> None:
        with pytest.raises(UsageError, match="has no git remote") as caught:
            push_store(store, PUSH)
        assert "git remote add origin" in caught.value.hint

    def test_without_a_dvc_remote_it_says_how_to_add_one(self, people: Any, git: Git) -> None:
        config = people.ann.root / ".dvc/config"
        config.write_text(re.sub(r"\[core\].*", "", config.read_text(), flags=re.DOTALL))
        with pytest.raises(UsageError, match="has no DVC remote") as caught:
            push_store(people.ann, PUSH)
        assert "dvc remote add" in caught.value.hint

    def test_the_branch_that_it_follows_counts_then_origin_then_the_only_one(
        self, people: Any, git: Git, tmp_path: Path
    ) -> None:
        git(tmp_path, "clone", "--quiet", "--bare", people.git_remote, "other.git")
        git(people.ann, "remote", "add", "other", tmp_path / "other.git")
        assert push_store(people.ann, PushOptions(dry_run=True)).branch == "origin/main"
        assert push_store(people.ann, PushOptions(remote="other", dry_run=True)).branch == "other/main"
        git(people.ann, "config", "branch.main.remote", "other")
        git(people.ann, "config", "branch.main.merge", "refs/heads/shared")
        assert push_store(people.ann, PUSH).branch == "other/shared"
        assert git(tmp_path / "other.git", "rev-parse", "shared") == git(people.ann, "rev-parse", "HEAD")

    @pytest.mark.parametrize("name", ["nobody", "--upload-pack=touch x", "ext::sh -c true", "."])
    def test_a_name_that_is_none_is_refused(self, people: Any, name: str) -> None:
        with pytest.raises(UsageError, match="There is no git remote"):
            push_store(people.ann, PushOptions(remote=name))
        with pytest.raises(UsageError, match="There is no DVC remote"):
            push_store(people.ann, PushOptions(dvc_remote=name))

    def test_off_every_branch_there_is_nothing_to_share(self, people: Any, git: Git) -> None:
        git(people.ann, "checkout", "--quiet", "--detach")
        with pytest.raises(UsageError, match="HEAD is on no branch"):
            push_store(people.ann, PUSH)
