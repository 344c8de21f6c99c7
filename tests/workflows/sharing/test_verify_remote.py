"""What is missing or broken on the DVC remote is found, and repaired from the side that has it."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.workflows.sharing.pull import PullOptions, pull_store
from trainstore.workflows.sharing.push import PushOptions, push_store
from trainstore.workflows.verification.remote import RemoteOptions

ASK, REPAIR = RemoteOptions(), RemoteOptions(repair=True)


@pytest.fixture
def shared(people: Any, save: Callable[..., None], record_run: Callable[..., str]) -> Any:
    save(people.ann, 0)
    record_run(people.ann, "Net")
    push_store(people.ann, PushOptions())
    pull_store(people.ben, PullOptions())
    return people


def break_there(shared: Any, how: str, ending: str = "") -> str:
    identity = min(one for one in shared.objects() if one.endswith(".dir") == bool(ending))
    place = shared.place(identity)
    place.chmod(0o644)
    if how == "missing":
        place.unlink()
    elif how == "cut off":
        os.truncate(place, place.stat().st_size - 1)
    else:
        place.write_bytes(place.read_bytes()[::-1])
    return identity


def test_a_clone_without_checkpoints_is_whole_once_the_remote_was_asked(shared: Any) -> None:
    unasked = Store(shared.ben).verify()
    assert [(one.kind, one.severity) for one in unasked.problems] == [("checkpoint elsewhere", "warning")]
    asked = Store(shared.ben).verify(remote=ASK)
    assert asked.problems == ()
    assert asked.remote is not None
    assert (asked.remote.name, asked.remote.objects) == ("storage", 3)


@pytest.mark.parametrize("ending", ["", ".dir"])
@pytest.mark.parametrize("how", ["missing", "cut off", "not what it was"])
def test_what_is_broken_there_is_found_and_repaired_by_who_has_it(shared: Any, how: str, ending: str) -> None:
    before = {one: shared.place(one).read_bytes() for one in shared.objects()}
    identity = break_there(shared, how, ending)
    (found,) = Store(shared.ann).verify(remote=ASK, content=True).problems
    assert (found.kind, found.severity) == ("remote object", "error")
    assert identity in found.what and "--repair" in found.hint
    repaired = Store(shared.ann).verify(remote=REPAIR, content=True)
    assert (repaired.problems, repaired.remote and repaired.remote.repaired) == ((), 1)
    assert {one: shared.place(one).read_bytes() for one in shared.objects()} == before


def test_who_has_it_not_is_told_and_changes_nothing(shared: Any) -> None:
    identity = break_there(shared, "missing")
    after = Store(shared.ben).verify(remote=REPAIR)
    assert {one.kind for one in after.problems} == {"remote object", "checkpoint missing"}
    assert not shared.place(identity).exists()


def test_what_is_damaged_here_comes_from_there(shared: Any) -> None:
    place = next(
        file for file in (shared.ann.root / ".dvc/cache/files/md5").glob("??/*") if file.suffix != ".dir"
    )
    content = place.read_bytes()
    place.chmod(0o644)
    place.write_bytes(bytes(len(content)))
    assert not Store(shared.ann).verify(content=True).ok
    Store(shared.ann).verify(content=True, remote=REPAIR)
    assert place.read_bytes() == content
    assert shared.place(place.parent.name + place.name).read_bytes() == content
