"""``trainstore doctor --attack`` with a few of the attacks, on real workers."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from trainstore.execution.attacks.catalogue.all_attacks import ATTACKS

Call = Callable[..., Any]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the attacks are made for Linux")


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Leave only some attacks; ``said`` overrides what is said to stop each at the lowest level."""

    def leave(*names: str, said: tuple[str, ...] | None = None) -> None:
        left = [attack for attack in ATTACKS if attack.name in names]
        if said is not None:
            left = [replace(attack, weak=said) for attack in left]
        monkeypatch.setattr("trainstore.workflows.diagnosis.attack.ATTACKS", left)

    return leave


@pytest.mark.slow
def test_each_attack_is_told_with_what_came_of_it(call: Call, only: Callable[..., None]) -> None:
    only("read-ssh-key", "read-test-part", "read-environment")
    ended = call("doctor", "--attack", "--level", "weak")
    assert ended.code == 0
    assert "read-test-part    stopped by parts_apart" in ended.out
    assert "read-ssh-key      open" in ended.out and "within reach" in ended.out
    assert "The weak sandbox: 1 open, 2 stopped." in ended.out
    assert "· read-environment: stopped by environment" in ended.err


@pytest.mark.slow
def test_what_succeeds_although_it_is_said_to_be_stopped_exits_with_one(
    call: Call, only: Callable[..., None]
) -> None:
    only("read-ssh-key", said=("landlock",))
    ended = call("doctor", "--attack", "--level", "weak", "--json")
    assert ended.code == 1
    assert ended.document["ok"] is False
    assert ended.document["level"] == "weak"
    (attack,) = ended.document["attacks"]
    assert (attack["name"], attack["result"], attack["stopped_by"]) == ("read-ssh-key", "succeeded", None)
    assert "1 attack succeeded that the weak sandbox should stop" in ended.err


def test_a_level_without_attack_is_a_mistake(call: Call) -> None:
    ended = call("doctor", "--level", "strong")
    assert ended.code == 2
    assert "--attack" in ended.err
