"""Which runs are compared, and what is said of them."""

from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import NotFound, UsageError
from trainstore.store.git.repository import Repository

Record = Callable[..., str]
CODE = "def train_model(X_train, y_train, X_val, y_val, device, lr=0.1):\n    return None, {}\n"


@pytest.fixture
def net(store: Repository, make_record: Callable[..., Any]) -> Store:
    """A store with two versions of a function."""
    opened = Store(store)
    for number in range(2):
        opened.save(make_record("Net", CODE + "#" * number, 1704067200 + number).record.content)
    return opened


@pytest.fixture
def run(net: Store, record_run: Record) -> Callable[..., str]:
    """Record a run and return its id."""

    def recorded(version: str, accuracy: float = 0.5, **fields: Any) -> str:
        folder = record_run(net.repository, version, metrics={"accuracy": accuracy}, **fields)
        return folder.rpartition("/")[2]

    return recorded


def compared(net: Store, *names: str) -> tuple[str | None, str | None]:
    runs = net.diff(*names).runs
    return runs.old and runs.old.run_id, runs.new and runs.new.run_id


def test_of_equally_alike_runs_the_newest_are_compared(net: Store, run: Callable[..., str]) -> None:
    for version in ("Net@1", "Net@2"):
        run(version)
    newest = (run("Net@1"), run("Net@2"))
    assert compared(net, "Net@1", "Net@2") == newest
    assert compared(net, "Net") == newest


@pytest.mark.parametrize(
    "other",
    [
        {"data": "2"},
        {"chosen": {"lr": 0.2}},
        {"device": {"requested": "auto", "used": "cuda:0"}},
        {"seed": 1},
    ],
    ids=["data", "hyperparameters", "device", "seed"],
)
def test_runs_that_are_more_alike_are_compared_rather_than_newer_ones(
    net: Store, run: Callable[..., str], other: dict[str, Any]
) -> None:
    alike = (run("Net@1"), run("Net@2"))
    run("Net@2", **other)
    assert compared(net, "Net@1", "Net@2") == alike


def test_data_counts_more_than_all_else(net: Store, run: Callable[..., str]) -> None:
    run("Net@1", data="2", seed=3)
    old, new = run("Net@1", chosen={"lr": 1}), run("Net@2", seed=3)
    assert compared(net, "Net@1", "Net@2") == (old, new)


def test_a_version_that_left_the_tree_is_compared_by_the_runs_that_left_with_it(
    net: Store, run: Callable[..., str]
) -> None:
    runs = (run("Net@1", 0.5), run("Net@2", 0.6))
    more = run("Net@2", 0.7, seed=1)
    net.rollback("Net", "@1")
    assert compared(net, "Net@1", "Net@2") == runs
    assert compared(net, *runs) == runs
    assert [len(seeds) for seeds in net.diff("Net@1", "Net@2").runs.seeds] == [1, 2]
    assert [entry.run_id for entry in net.runs("Net@2")] == [runs[1], more]
    assert [entry.run_id for entry in net.runs("Net")] == [runs[0]]


def test_a_run_that_was_undone_is_no_evidence(net: Store, run: Callable[..., str]) -> None:
    runs = (run("Net@1"), run("Net@2"))
    run("Net@2")
    net.undo()
    assert compared(net, "Net@1", "Net@2") == runs


def test_runs_that_failed_are_no_evidence(net: Store, run: Callable[..., str]) -> None:
    run("Net@2", outcome="failed")
    old = run("Net@1")
    assert compared(net, "Net@1", "Net@2") == (old, None)


def test_seeds_of_equal_circumstances_tell_chance(net: Store, run: Callable[..., str]) -> None:
    for seed in range(3):
        run("Net@1", 0.80 + seed / 100, seed=seed)
        run("Net@2", 0.90 + seed / 100, seed=seed)
    run("Net@1", 0.1, seed=3, hyperparameters={"lr": 9})
    run("Net@1", 0.1, seed=4, data="2")
    (metric,) = net.diff("Net@1", "Net@2").metrics.both
    assert metric.chance is not None and metric.chance.beyond_chance
    assert (metric.chance.old.n, metric.chance.old.mean) == (3, pytest.approx(0.81))
    assert (metric.better, metric.direction) == ("new", "higher")


def test_a_seed_counts_once(net: Store, run: Callable[..., str]) -> None:
    for _ in range(3):
        run("Net@1", 0.8)
        run("Net@2", 0.9)
    runs = net.diff("Net@1", "Net@2").runs
    assert [len(seeds) for seeds in runs.seeds] == [1, 1]
    assert runs.metrics.both[0].chance is None


def test_runs_on_different_data_or_splits_are_not_comparable(net: Store, run: Callable[..., str]) -> None:
    first = run("Net@1")
    elsewhere = run("Net@1", data="2")
    divided = run("Net@1", data="1")
    found = net.diff(first, elsewhere)
    assert found.metrics.not_comparable == "the runs are on different data"
    assert found.metrics.both[0].better is None
    assert net.diff(first, divided).metrics.not_comparable is None


def test_runs_of_one_version_differ_by_what_they_were_given(net: Store, run: Callable[..., str]) -> None:
    old = run("Net@1", 0.7, hyperparameters={"lr": 0.1}, threads=1)
    new = run("Net@1", 0.9, hyperparameters={"lr": 0.2}, seed=5, threads=2)
    found = net.diff(old, new)
    assert found.of_runs and not found.code and found.old == found.new
    assert found.runs.hyperparameters.changed == {"lr": (0.1, 0.2)}
    assert found.runs.settings.changed == {"seed": (0, 5)}
    assert [one["what"] for one in found.runs.environment] == ["threads"]
    assert not found.runs.repeated


def test_runs_that_differ_by_their_seed_alone_are_said_to(net: Store, run: Callable[..., str]) -> None:
    found = net.diff(run("Net@1", 0.7), run("Net@1", 0.9, seed=1))
    assert found.runs.repeated and found.metrics.both[0].chance is None


def test_a_run_that_failed_can_be_compared_all_the_same(net: Store, run: Callable[..., str]) -> None:
    found = net.diff(run("Net@1"), run("Net@2", outcome="failed"))
    assert found.runs.new is not None and found.runs.new.outcome == "failed"
    assert found.metrics.both == [] and found.code


def test_what_cannot_be_compared_is_said(net: Store, run: Callable[..., str]) -> None:
    one = run("Net@1")
    with pytest.raises(UsageError, match="One run alone"):
        net.diff(one)
    for names in ((one, "Net"), ("Net", one)):
        with pytest.raises(UsageError, match=f"{one} is a run, and Net is not"):
            net.diff(*names)
    with pytest.raises(NotFound, match="no version before numpy_array/Net@1"):
        net.diff("Net@1")


def test_the_version_before_is_one_in_the_tree_where_there_is_one(
    net: Store, make_record: Callable[..., Any], git: Callable[..., str]
) -> None:
    second = net.version("Net@2").path
    net.save(make_record("Net", CODE + "###", 1704067205).record.content)
    assert net.diff("Net").old.ordinal == 2
    git(net.root, "rm", "-q", second)
    git(net.root, "commit", "-qm", "away")
    assert net.diff("Net").old.ordinal == 1
