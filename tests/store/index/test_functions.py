import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.disk_format.trailers import to_message
from trainstore.store.git.changes import Commit, Remove, Write
from trainstore.store.git.repository import Head, Repository, find_store
from trainstore.store.index.check import check_index
from trainstore.store.index.entries import ORDERS, FunctionFilter, FunctionOrder
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.save import save_records

SECOND = 1704067200
RUNS = "training_runs/numpy_array"


def run_commit(name: str, number: int, version_path: str, score: str | None, data: str = "d") -> Commit:
    run_id = f"20240101T00000{number}Z-aaaaaa"
    folder = f"{RUNS}/{name}/{run_id}"
    told = {"Trainstore-Action": "run", "Run-Id": run_id, "Run-Path": folder, "Path": version_path,
            "Model-Name": name, "Data-Type": "numpy_array", "Version-Timestamp": str(SECOND), "Data-Digest": data,
            "Outcome": "succeeded" if score else "failed", **({"Score": score} if score else {})}  # fmt: skip
    return Commit(to_message("run", told.items()), (Write(f"{folder}/run.json", b"{}"),))


@pytest.fixture(scope="module")
def filled(
    empty_store: Path, tmp_path_factory: pytest.TempPathFactory, make_record: Callable[..., Any]
) -> Repository:
    """Three functions: Net with two versions and runs on two data sets, Older and one that was never run."""
    root = tmp_path_factory.mktemp("functions") / "store"
    shutil.copytree(empty_store, root)
    store = find_store(root)
    records = [
        make_record("Net", "x = 1", SECOND + 8, confidence=0.5),
        make_record("Net", "x = 2", SECOND + 9, confidence=0.7),
        make_record("Older", "y = 1", SECOND, confidence=None, metadata={"api_model": "gpt-4"}),
        make_record(
            "Wide", "z = 1", SECOND + 5, "sequence_list", confidence=0.9, bo_config={"width": {"default": 3}}
        ),
    ]
    first, second, older, _ = [version.path for version in save_records(store, records).saved]
    runs = [
        run_commit("Net", 1, first, "0.99", data="other"),
        run_commit("Net", 2, first, "0.5"),
        run_commit("Net", 3, second, "0.8"),
        run_commit("Net", 4, second, None),
        run_commit("Net", 5, second, "0.7"),
        run_commit("Older", 6, older, "-0.25"),
    ]
    commit_changes(store, lambda _: runs)
    return store


@pytest.fixture
def index(filled: Repository) -> Iterator[Index]:
    with open_index(filled) as opened:
        yield opened


def names(
    index: Index, chosen: FunctionFilter | None = None, order: FunctionOrder | None = None
) -> list[str]:
    return [entry.current.model_name for entry in index.functions(chosen, order)]


def test_scores_are_of_the_runs_on_the_newest_data(index: Index) -> None:
    net, older, wide = index.functions()
    assert (net.versions, net.runs, net.score, net.best_score, net.scores) == (
        2,
        5,
        0.7,
        0.8,
        (0.5, 0.8, 0.7),
    )
    assert (older.runs, older.score, older.scores) == (1, -0.25, (-0.25,))
    assert (wide.runs, wide.score, wide.best_score, wide.scores) == (0, None, None, ())


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (FunctionOrder(), ["Net", "Older", "Wide"]),
        (FunctionOrder("name", descending=True), ["Wide", "Older", "Net"]),
        (FunctionOrder("saved", descending=True), ["Net", "Wide", "Older"]),
        (FunctionOrder("confidence", descending=True), ["Wide", "Net", "Older"]),
        (FunctionOrder("confidence"), ["Net", "Wide", "Older"]),
        (FunctionOrder("score"), ["Older", "Net", "Wide"]),
        (FunctionOrder("best", descending=True), ["Net", "Older", "Wide"]),
        (FunctionOrder("runs", descending=True), ["Net", "Older", "Wide"]),
    ],
)
def test_functions_stand_in_an_order_with_the_unknown_last(
    index: Index, order: FunctionOrder, expected: list[str]
) -> None:
    assert names(index, order=order) == expected


def test_a_list_goes_by_whole_names_and_a_page_by_those_of_models(
    store: Repository, make_record: Callable[..., Any]
) -> None:
    for data_type, name in (("b", "A"), ("a", "B"), ("a", "A"), ("b", "C")):
        Store(store).save(make_record(name, data_profile={"data_type": data_type}).record.content)
    with open_index(store) as index:
        for order, expected in {
            FunctionOrder(): ["a/A", "a/B", "b/A", "b/C"],
            FunctionOrder("name"): ["a/A", "b/A", "a/B", "b/C"],
        }.items():
            assert [entry.current.function for entry in index.functions(order=order)] == expected


def test_every_order_is_one(index: Index) -> None:
    for by in ORDERS:
        assert sorted(names(index, order=FunctionOrder(by, descending=True))) == ["Net", "Older", "Wide"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (FunctionFilter(text="nET"), ["Net"]),
        (FunctionFilter(text="GPT-4"), ["Older"]),
        (FunctionFilter(text="width"), ["Wide"]),
        (FunctionFilter(text="%"), []),
        (FunctionFilter(data_type="sequence_list"), ["Wide"]),
        (FunctionFilter(min_confidence=0.7), ["Net", "Wide"]),
        (FunctionFilter(min_score=-0.25), ["Net", "Older"]),
        (FunctionFilter(since=SECOND + 5), ["Net", "Wide"]),
        (FunctionFilter(text="e", min_score=0), ["Net"]),
    ],
)
def test_a_filter_narrows(index: Index, chosen: FunctionFilter, expected: list[str]) -> None:
    assert names(index, chosen) == expected
    assert index.count_functions(chosen) == len(expected)


def test_a_part_is_cut_from_the_order(index: Index) -> None:
    newest = FunctionOrder("saved", descending=True)
    assert [entry.current.model_name for entry in index.functions(None, newest, limit=1, offset=1)] == [
        "Wide"
    ]
    assert index.data_types() == ["numpy_array", "sequence_list"]


def test_what_leaves_the_tree_leaves_the_sums(filled: Repository, tmp_path: Path) -> None:
    shutil.copytree(filled.root, tmp_path / "store", symlinks=True)
    store = find_store(tmp_path / "store")
    with open_index(store) as index:
        second, older = index.functions()[0].current, index.functions()[1].current
    pruned = Commit(
        to_message("prune", [("Trainstore-Action", "prune")]),
        (Remove(second.path), Remove(older.path), Remove(f"{RUNS}/Net/20240101T000003Z-aaaaaa/run.json")),
    )
    commit_changes(store, lambda _: [pruned])
    with open_index(store) as index:
        net, wide = index.functions()
        assert (net.current.ordinal, net.versions, net.runs, net.scores) == (1, 1, 4, (0.5, 0.7))
        assert wide.current.model_name == "Wide"
    assert check_index(store).differing == ()


def _given(commits: list[Commit], _: Head) -> list[Commit]:
    return commits


def test_sums_kept_step_by_step_are_those_made_at_once(
    store: Repository, make_record: Callable[..., Any]
) -> None:
    def summed_up() -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(store.state / "index.db")) as database:
            return database.execute("SELECT * FROM functions ORDER BY model_name, data_type").fetchall()

    open_index(store).close()  # from here on it is told of each commit
    for step in range(4):
        names = [f"Net{number % (step + 2)}" for number in range(6)]
        codes = [f"x = {step * 10 + number}" for number in range(6)]
        saved = save_records(
            store, [make_record(name, code, SECOND + step) for name, code in zip(names, codes, strict=True)]
        ).saved
        commits = [run_commit(names[0], step, saved[0].path, f"0.{step + 1}", data=f"d{step // 2}")]
        if step % 2:
            message = to_message("prune", [("Trainstore-Action", "prune")])
            commits.append(Commit(message, (Remove(saved[-1].path),)))
        commit_changes(store, partial(_given, commits))
    followed = summed_up()
    for file in store.state.glob("index.db*"):
        file.unlink()
    open_index(store).close()
    assert len(followed) == 5
    assert summed_up() == followed


@pytest.mark.parametrize("told", [False, True], ids=["in the tree", "only told of"])
def test_a_run_that_claims_the_id_of_another_functions_leaves_the_same_sums_as_an_index_made_anew(
    store: Repository, save_versions: Callable[..., list[str]], told: bool
) -> None:
    (net,), (other,) = save_versions(1), save_versions(1, "Other")
    commit_changes(store, lambda _: [run_commit("Net", 1, net, "0.5")])
    open_index(store).close()
    claim = run_commit("Other", 1, other, "0.9")
    commit_changes(store, lambda _: [Commit(claim.message, (Write("x", b""),)) if told else claim])
    open_index(store).close()
    assert check_index(store).differing == ()
