"""Every writing command, killed at every step it takes, leaves the old state or the new one."""

import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from trainstore.disk_format.layout import FUNCTIONS
from trainstore.retention.policy import Policy
from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.pin import pin
from trainstore.workflows.pruning.make_plan import plan_prune
from trainstore.workflows.pruning.prune import prune
from trainstore.workflows.restore import restore
from trainstore.workflows.rollback import rollback
from trainstore.workflows.save import import_records, save_records
from trainstore.workflows.take_up import take_up
from trainstore.workflows.undo import undo

Git = Callable[..., str]
Make = Callable[..., Any]
InChild = Callable[..., int]

COMMANDS: dict[str, Callable[[Repository, Make], object]] = {
    "save": lambda store, make: save_records(store, [make("New"), make("Other")]),
    "import": lambda store, make: import_records(store, [make("New", timestamp=n) for n in (1, 2, 3)]),
    "rollback": lambda store, _: rollback(store, "Net", "@1"),
    "restore": lambda store, _: restore(store, "Gone@1"),
    "undo": lambda store, _: undo(store),
    "prune": lambda store, _: prune(store, plan_prune(store, Policy(keep_last=1), 1_800_000_000)),
    "pin": lambda store, _: pin(store, "Net@2", "in use"),
    "take up": lambda store, _: take_up(store),
}


@pytest.fixture
def prepared(
    store: Repository, save_versions: Callable[..., Any], make_record: Make, record_run: Callable[..., str]
) -> Repository:
    """A store with two versions of Net, one of Gone that left the tree, and a record dropped into its folder."""
    save_versions(2)
    record_run(store, "Net@1")
    save_versions(1, "Gone")
    undo(store)
    (store.root / FUNCTIONS / "dropped.json").write_bytes(make_record("Dropped").file)
    return store


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_killed_at_any_step_leaves_the_old_state_or_the_new(
    prepared: Repository, tmp_path: Path, git: Git, make_record: Make, in_child: InChild, command: str
) -> None:
    states = {tree(prepared, git): "old"}
    finished = copy_of(prepared, tmp_path / "finished")
    steps = in_child(partial(COMMANDS[command], finished, make_record))
    states[tree(finished, git)] = "new"
    assert steps > 5 and len(states) == 2
    seen = []
    for step in range(1, steps + 1):
        killed = copy_of(prepared, tmp_path / str(step))
        assert in_child(partial(COMMANDS[command], killed, make_record), step) == -signal.SIGKILL
        seen.append(states[tree(killed, git)])
        assert_next_command_works(killed, git, make_record, command)
        if step % 5 == 0:
            git(killed, "fsck", "--strict", "--no-dangling")
        shutil.rmtree(killed.root)
    assert set(seen) <= {"old", "new"} and seen == sorted(seen, reverse=True)  # never back from new to old
    assert "old" in seen


def assert_next_command_works(store: Repository, git: Git, make_record: Make, command: str) -> None:
    before = tree(store, git)
    [saved] = save_records(store, [make_record("Afterwards")]).saved
    after = tree(store, git)
    assert saved.path in after and set(before.splitlines()) <= set(after.splitlines())
    left = git(store, "status", "--porcelain", "--untracked-files=all").splitlines()
    dropped = f"?? {FUNCTIONS}/dropped.json"
    assert left == [dropped] or (command == "take up" and not left)
    assert "refs/worktree" not in git(store, "for-each-ref")


def copy_of(store: Repository, place: Path) -> Repository:
    shutil.copytree(store.root, place, symlinks=True)
    return find_store(place)


def tree(store: Repository, git: Git) -> str:
    return git(store, "ls-tree", "-r", "HEAD")
