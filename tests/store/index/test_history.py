import json
import random
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.disk_format.trailers import to_message
from trainstore.store.git.changes import Commit, Remove, Write
from trainstore.store.git.repository import Repository
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.save import save_records

SECOND = 1704067200


FOLDER = "generated_training_functions/numpy_array/Net"


RUN = "training_runs/numpy_array/Net/20240101T000000Z-3fa9c1"


Git = Callable[..., str]


Make = Callable[..., Any]
Read = Callable[[Repository], dict[str, list[Any]]]


def record_bytes(name: str = "Net", code: str = "x = 1", timestamp: int = SECOND, **fields: Any) -> bytes:
    profile = {"data_type": "numpy_array"}
    content = {
        "model_name": name,
        "training_code": code,
        "timestamp": timestamp,
        "data_profile": profile,
        **fields,
    }
    return json.dumps(content).encode()


class Person:
    """Someone who uses trainstore and plain git on one store, one random thing after another."""

    def __init__(self, store: Repository, git: Git, make_record: Make, seed: int) -> None:
        self.store, self._git, self._make, self._random = store, git, make_record, random.Random(seed)
        self._count = 0

    def git(self, *arguments: str) -> str:
        return str(self._git(self.store, *arguments))

    def fresh(self) -> int:
        self._count += 1
        return self._count

    def save(self) -> None:
        number = self.fresh()
        save_records(self.store, [self._make(self._name(), f"x = {number}", SECOND + number)])

    def save_two(self) -> None:
        numbers = [self.fresh(), self.fresh()]
        save_records(self.store, [self._make("Net", f"x = {number}", SECOND + number) for number in numbers])

    def prune(self) -> None:
        if path := self._some_record():
            message = to_message("prune", [("Trainstore-Action", "prune"), ("Removed", path)])
            commit_changes(self.store, lambda _: [Commit(message, (Remove(path),))])

    def run(self) -> None:
        number = self.fresh()
        folder = f"{RUN[:-3]}{number:03}"
        trailers = [("Trainstore-Action", "run"), ("Run-Id", folder.rpartition("/")[2]), ("Run-Path", folder)]
        message = to_message(
            "run", [*trailers, ("Path", self._some_record() or ""), ("Score", f"0.{number}")]
        )
        commit_changes(self.store, lambda _: [Commit(message, (Write(f"{folder}/run.json", b"{}"),))])

    def commit_by_hand(self) -> None:
        number = self.fresh()
        content = record_bytes("Net", f"hand = {number}", SECOND + number)
        self._commit(f"{FOLDER}/hand_{number}.json", content)

    def edit_by_hand(self) -> None:
        if (path := self._some_record()) and "junk" not in path:
            number = self.fresh()
            content = json.loads((self.store.root / path).read_bytes()) | {
                "training_code": f"edited = {number}"
            }
            self._commit(path, json.dumps(content).encode())

    def remove_by_hand(self) -> None:
        if path := self._some_record():
            self.git("rm", "--quiet", path)
            self.git("commit", "--quiet", "-m", "remove by hand")

    def commit_junk(self) -> None:
        self._commit(f"{FOLDER}/junk_{self.fresh()}.json", b"{")

    def revert(self) -> None:
        self._try("revert", "--no-edit", "HEAD")

    def amend_message(self) -> None:
        self.git("commit", "--quiet", "--amend", "--allow-empty", "-m", f"amended {self.fresh()}")

    def amend_with_a_record(self) -> None:
        number = self.fresh()
        path = self._put(
            f"{FOLDER}/amended_{number}.json", record_bytes(code=f"y = {number}", timestamp=number)
        )
        self.git("add", path)
        self.git("commit", "--quiet", "--amend", "--no-edit")

    def reset(self) -> None:
        if int(self.git("rev-list", "--count", "--first-parent", "HEAD")) > 1:
            self.git("reset", "--quiet", "--hard", "HEAD~1")

    def branch(self) -> None:
        self.git("branch", f"branch-{self.fresh()}")

    def switch(self) -> None:
        self.git("checkout", "--quiet", self._some_branch())

    def fast_forward(self) -> None:
        self._try("merge", "--quiet", "--ff-only", self._some_branch())

    def merge(self) -> None:
        self._try("merge", "--quiet", "--no-edit", "--no-ff", self._some_branch())

    def squash(self) -> None:
        if self._try("merge", "--quiet", "--squash", self._some_branch()):
            self._try("commit", "--quiet", "-m", "squashed")

    def squash_with_all_messages(self) -> None:
        if int(self.git("rev-list", "--count", "--first-parent", "HEAD")) > 2:
            messages = self.git("log", "-2", "--first-parent", "--format=%B")
            self.git("reset", "--quiet", "--soft", "HEAD~2")
            self._try("commit", "--quiet", "-m", f"squash\n\n{messages}")

    def cherry_pick(self) -> None:
        self._try("cherry-pick", "-x", self._some_branch())

    def repeat_a_message(self) -> None:
        self.git("commit", "--quiet", "--allow-empty", "-C", "HEAD")

    def rebase(self) -> None:
        self._try("rebase", "--quiet", self._some_branch())

    ACTIONS = (
        save, save, save_two, run, prune, commit_by_hand, edit_by_hand, remove_by_hand, commit_junk, revert,
        amend_message, amend_with_a_record, reset, branch, switch, switch, fast_forward, merge, merge, squash,
        squash_with_all_messages, cherry_pick, repeat_a_message, rebase,
    )  # fmt: skip

    def do_something(self) -> str:
        action = self._random.choice(self.ACTIONS)
        action(self)
        return action.__name__

    def _put(self, path: str, content: bytes) -> str:
        (self.store.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.store.root / path).write_bytes(content)
        return path

    def _commit(self, path: str, content: bytes) -> None:
        self.git("add", "--force", self._put(path, content))
        self.git("commit", "--quiet", "-m", "by hand")

    def _name(self) -> str:
        return self._random.choice(["Net", "Other"])

    def _some_record(self) -> str | None:
        return self._any_of(self.git("ls-files", "generated_training_functions/*/*/*.json").split())

    def _some_branch(self) -> str:
        return str(self._any_of(self.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()))

    def _any_of(self, found: list[str]) -> str | None:
        return self._random.choice(found) if found else None

    def _try(self, *arguments: str) -> bool:
        """Do what may end in a conflict; then leave it."""
        done = subprocess.run(["git", *arguments], cwd=self.store.root, capture_output=True, check=False)
        if done.returncode != 0:
            for left in ("revert", "cherry-pick", "merge", "rebase"):
                subprocess.run(
                    ["git", left, "--abort"], cwd=self.store.root, capture_output=True, check=False
                )
            self.git("reset", "--quiet", "--hard")
        return done.returncode == 0


def live(person: Person, days: int, rows: Read, rebuilt: Read) -> None:
    """Let a person do things, and read the index now and then."""
    done = []
    for _ in range(days):
        done.append(person.do_something())
        if len(done) % 2:
            assert rows(person.store) == rebuilt(person.store), done
    assert rows(person.store) == rebuilt(person.store), done


@pytest.mark.parametrize("seed", range(2))
def test_brought_up_to_date_it_says_what_it_says_made_anew(
    store: Repository, git: Git, make_record: Make, rows: Read, rebuilt: Read, seed: int
) -> None:
    live(Person(store, git, make_record, seed), 8, rows, rebuilt)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 112))
def test_whatever_happens_it_says_what_it_says_made_anew(
    store: Repository, git: Git, make_record: Make, rows: Read, rebuilt: Read, seed: int
) -> None:
    live(Person(store, git, make_record, seed), 25, rows, rebuilt)
