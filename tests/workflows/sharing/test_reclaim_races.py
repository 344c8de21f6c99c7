"""A push and a reclaim on the DVC remote at once, two reclaims, and kills at any step: no pointer loses its object."""

import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.disk_format.dvc_files import named_ids
from trainstore.disk_format.remote_notes import NEEDS, RECLAIM
from trainstore.errors import StoreLocked, UsageError
from trainstore.retention.policy import Policy
from trainstore.store.git.repository import Repository
from trainstore.workflows.reclaiming.reclaim_plan import ReclaimRequest
from trainstore.workflows.remote_reclaiming.make_plan import RemoteChoice, RemotePlan, plan_there
from trainstore.workflows.remote_reclaiming.reclaim import reclaim_there
from trainstore.workflows.sharing.pull import PullOptions, pull_store
from trainstore.workflows.sharing.push import PushOptions, push_store
from trainstore.workflows.transfers.progress import Transfer

Git = Callable[..., str]
InChild = Callable[..., int]
PUSH, PULL = PushOptions(), PullOptions()
SAME = b"1" * 5000


class Stopped(BaseException):
    """Whoever was at work is no more; nothing is tidied up that a kill would leave."""


def planned(person: Repository, *, take_over: bool = False) -> RemotePlan:
    return plan_there(person, ReclaimRequest(int(time.time()), 0), RemoteChoice(take_over=take_over))


def at(step: str, act: Callable[[], object]) -> Transfer:
    """Do something, once, when whoever is listened to comes to a step."""
    left = [act]

    def listen(told: str) -> None:
        if told.startswith(step) and left:
            left.pop()()

    return Transfer(listen)


def assert_nothing_lost(people: Any, git: Git) -> None:
    """The DVC remote has all that the git remote's branch names, and no list without its files."""
    there = people.objects()
    pointers = [
        line for line in git(people.git_remote, "ls-tree", "-r", "--name-only", "main").splitlines()
        if line.endswith("checkpoint.dvc")
    ]  # fmt: skip
    named = {
        one for path in pointers for one in named_ids(git(people.git_remote, "show", f"main:{path}").encode())
    }
    assert named and named <= there.keys()
    assert_lists_are_whole(people)


def assert_lists_are_whole(people: Any) -> None:
    there = people.objects()
    for one in there:
        if one.endswith(".dir"):
            assert named_ids(people.place(one).read_bytes()) <= there.keys()


@pytest.fixture
def people(people: Any, save: Callable[..., None], record_run: Callable[..., str]) -> Any:
    """Ann pruned Net@1 with its checkpoint and all know it; Ben's new run of Net@2 made those very bytes."""
    save(people.ann, 1, 2)
    record_run(people.ann, "Net@1", weights=SAME)
    record_run(people.ann, "Net@2", weights=b"2" * 5000)
    Store(people.ann).prune(Store(people.ann).prune_plan(Policy(keep_last=1)))
    push_store(people.ann, PUSH)
    pull_store(people.ben, PULL)
    record_run(people.ben, "Net@2", weights=SAME)
    return people


class TestPushAndReclaim:
    def test_who_pushes_first_keeps_what_is_needed(self, people: Any, git: Git) -> None:
        plan = planned(people.ann)
        assert len(plan.plan.objects) == 2
        results = []
        sent = push_store(
            people.ben,
            PUSH,
            at("asking the DVC", lambda: results.append(reclaim_there(people.ann, plan))),
        )
        assert results[0].result.changed and results[0].there.plan.objects == ()
        assert sent.objects == 0 and sent.commits == 1  # it relied on what was there
        assert_nothing_lost(people, git)

    @pytest.mark.parametrize("step", ["fetching all", "freeing"])
    def test_who_reclaims_first_is_waited_for(self, people: Any, git: Git, step: str) -> None:
        """At "fetching all" it has announced what goes and has not looked again; at "freeing" it has."""
        refused: list[StoreLocked] = []

        def push() -> None:
            with pytest.raises(StoreLocked, match=r"Tess Ter began at 20.* about to free") as caught:
                push_store(people.ben, PUSH, wait_seconds=0)
            refused.append(caught.value)

        done = reclaim_there(people.ann, planned(people.ann), at(step, push))
        assert "--take-over" in refused[0].hint
        assert done.result.changed == (step == "fetching all")
        assert_lists_are_whole(people)
        assert push_store(people.ben, PUSH).objects == (0 if done.result.changed else 2)
        assert_nothing_lost(people, git)

    def test_a_push_that_waits_goes_on_when_the_reclaim_has_ended(self, people: Any, git: Git) -> None:
        steps: list[str] = []
        waiting = threading.Event()

        def listen(step: str) -> None:
            steps.append(step)
            if step.startswith("waiting for the reclaim that Tess Ter began"):
                waiting.set()

        push = threading.Thread(target=partial(push_store, people.ben, PUSH, Transfer(listen)))

        def begin() -> None:
            push.start()
            assert waiting.wait(30)

        assert not reclaim_there(people.ann, planned(people.ann), at("freeing", begin)).result.changed
        push.join(60)
        assert "sending 2 objects to the DVC remote 'storage'" in steps
        assert_nothing_lost(people, git)

    def test_a_push_of_other_things_does_not_wait(
        self, people: Any, git: Git, record_run: Callable[..., str]
    ) -> None:
        git(people.ben, "reset", "--quiet", "--hard", "HEAD~1")
        record_run(people.ben, "Net@2", weights=b"3" * 5000)
        push = partial(push_store, people.ben, PUSH, wait_seconds=0)
        reclaim_there(people.ann, planned(people.ann), at("freeing", push))
        assert planned(people.ann).plan.objects == ()
        assert_nothing_lost(people, git)

    def test_a_push_that_was_killed_keeps_what_it_relied_on(self, people: Any, git: Git) -> None:
        def stop() -> None:
            raise Stopped

        with pytest.raises(Stopped):
            push_store(people.ben, PUSH, at("asking the DVC", stop))
        assert NEEDS in git(people.git_remote, "for-each-ref")
        assert planned(people.ann).plan.kept[0].reason.startswith("still in a clone of Tess Ter")
        push_store(people.ben, PUSH)
        assert NEEDS not in git(people.git_remote, "for-each-ref")
        assert_nothing_lost(people, git)

    def test_a_store_of_another_git_remote_waits_or_is_seen(
        self, people: Any, git: Git, tmp_path: Path
    ) -> None:
        git(tmp_path, "clone", "--quiet", "--bare", people.git_remote, "other.git")
        git(people.ben, "remote", "set-url", "origin", tmp_path / "other.git")

        def push() -> None:
            with pytest.raises(StoreLocked, match="Another store that shares the DVC remote 'storage'"):
                push_store(people.ben, PUSH)

        with suppress(UsageError):
            reclaim_there(people.ann, planned(people.ann), at("freeing", push))
        assert push_store(people.ben, PUSH).objects == 2
        with pytest.raises(UsageError, match="not shared by the git remote"):
            planned(people.ann)


class TestTwoReclaims:
    def test_only_one_clone_does_it_at_a_time(self, people: Any, git: Git) -> None:
        git(people.ben, "reset", "--quiet", "--hard", "HEAD~1")
        plan = planned(people.ben)

        def other() -> None:
            with pytest.raises(StoreLocked, match="Another clone is reclaiming there: the reclaim that Tess"):
                planned(people.ben)
            with pytest.raises(StoreLocked, match="Another clone began to reclaim meanwhile"):
                reclaim_there(people.ben, plan)

        assert not reclaim_there(people.ann, planned(people.ann), at("freeing", other)).result.changed
        assert planned(people.ben).plan.objects == ()

    def test_who_is_taken_over_frees_nothing_more(self, people: Any, git: Git) -> None:
        git(people.ben, "reset", "--quiet", "--hard", "HEAD~1")

        def take_over() -> None:
            reclaim_there(people.ben, planned(people.ben, take_over=True))

        before = people.objects()
        with pytest.raises(StoreLocked, match="took this reclaim over"):
            reclaim_there(people.ann, planned(people.ann), at("freeing", take_over))
        assert len(before) - len(people.objects()) == 2
        assert RECLAIM not in git(people.git_remote, "for-each-ref")


class TestKilled:
    @pytest.fixture
    def again(self, people: Any) -> Callable[[], None]:
        """Put everything back as it was."""
        places = [people.ann.root, people.git_remote, people.storage]
        for place in places:
            shutil.copytree(place, place.with_suffix(".kept"), symlinks=True)

        def put_back() -> None:
            for place in places:
                shutil.rmtree(place)
                shutil.copytree(place.with_suffix(".kept"), place, symlinks=True)

        return put_back

    def killed(self, people: Any, in_child: InChild, step: int) -> int:
        plan = planned(people.ann)
        return in_child(lambda: reclaim_there(people.ann, plan), step)

    @pytest.mark.slow
    def test_at_any_step_the_next_one_ends_it(
        self, people: Any, git: Git, in_child: InChild, again: Callable[[], None]
    ) -> None:
        steps = self.killed(people, in_child, 0)
        finished, begun = people.objects().keys(), 0
        for step in {*range(1, steps + 1, 5), *range(steps - 12, steps + 1)}:
            again()
            assert self.killed(people, in_child, step) == -signal.SIGKILL
            assert_nothing_lost(people, git)
            begun += RECLAIM in git(people.git_remote, "for-each-ref")
            reclaim_there(people.ann, planned(people.ann))
            assert people.objects().keys() == finished
            assert RECLAIM not in git(people.git_remote, "for-each-ref")
            assert not [*people.storage.glob(".trainstore/reclaiming/*")]
            assert "copy" not in git(people.ann, "for-each-ref")
        assert begun > 6

    def test_another_clone_ends_it_when_it_is_told_that_it_may(
        self, people: Any, git: Git, in_child: InChild, again: Callable[[], None]
    ) -> None:
        steps = self.killed(people, in_child, 0)
        finished = people.objects().keys()
        again()
        weights = steps  # the last file goes before the notes do; go back until one is left
        while len(people.objects()) != len(finished) + 1:
            again()
            weights -= 1
            assert self.killed(people, in_child, weights) == -signal.SIGKILL
        git(people.ben, "reset", "--quiet", "--hard", "HEAD~1")
        with pytest.raises(StoreLocked, match="Another clone is reclaiming there") as caught:
            planned(people.ben)
        assert caught.value.hint.endswith("trainstore reclaim --remote --take-over")
        plan = planned(people.ben, take_over=True)
        assert len(plan.plan.removed) == 1  # the weights, whose list is gone
        assert reclaim_there(people.ben, plan).result.reclaimed_bytes == len(SAME)
        assert people.objects().keys() == finished

    def test_what_was_begun_and_is_trained_again_is_whole_when_it_is_pushed(
        self, people: Any, git: Git, in_child: InChild, again: Callable[[], None]
    ) -> None:
        steps = self.killed(people, in_child, 0)
        whole = len(people.objects()) + 2
        while len(people.objects()) != whole - 1:
            again()
            steps -= 1
            self.killed(people, in_child, steps)
        with pytest.raises(StoreLocked):
            push_store(people.ben, PUSH, wait_seconds=0)
        kept = planned(people.ann)
        assert kept.plan.objects == ()  # Ben said that he needs it
        reclaim_there(people.ann, kept)
        push_store(people.ben, PUSH)
        assert_nothing_lost(people, git)
