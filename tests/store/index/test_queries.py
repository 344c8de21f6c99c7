import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trainstore.disk_format.trailers import to_message
from trainstore.store.git.changes import Commit, Remove, Write
from trainstore.store.git.repository import find_store
from trainstore.store.index.entries import EventFilter
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.save import save_records

SECOND = 1704067200
RUNS = "training_runs/numpy_array"


def run_commit(name: str, run_id: str, version_path: str, **trailers: str) -> Commit:
    folder = f"{RUNS}/{name}/{run_id}"
    told = {"Trainstore-Action": "run", "Run-Id": run_id, "Run-Path": folder, "Path": version_path,
            "Model-Name": name, "Data-Type": "numpy_array", "Version-Timestamp": str(SECOND), "Outcome": "succeeded",
            "Device": "cpu", **{key.replace("_", "-"): value for key, value in trailers.items()}}  # fmt: skip
    return Commit(to_message("run", told.items()), (Write(f"{folder}/run.json", b"{}"),))


@pytest.fixture(scope="module")
def index(
    empty_store: Path, tmp_path_factory: pytest.TempPathFactory, make_record: Callable[..., Any]
) -> Iterator[Index]:
    """Two functions, one with a pruned version and three runs, of which one was pruned."""
    root = tmp_path_factory.mktemp("indexed") / "store"
    shutil.copytree(empty_store, root)
    store = find_store(root)
    records = [make_record("Net", f"x = {place}", SECOND + place, confidence=place / 4) for place in range(4)]
    records.append(make_record("Other", "y = 1", metadata={"api_model": "gpt-4"}))
    first, _, last, newest, _ = [version.path for version in save_records(store, records).saved]
    commits = [
        run_commit("Net", "20240101T000000Z-aaaaaa", first, Score="0.5", Data_Digest="sha256:d"),
        run_commit("Net", "20240101T000000Z-bbbbbb", last, Rerun_Of="20240101T000000Z-aaaaaa", Verdict="identical"),
        run_commit("Net", "20240102T000000Z-aaaaaa", first),
        Commit(to_message("prune", [("Trainstore-Action", "prune")]), (
            Remove(newest), Remove(f"{RUNS}/Net/20240102T000000Z-aaaaaa/run.json"))),
    ]  # fmt: skip
    commit_changes(store, lambda _: commits)
    with open_index(store) as opened:
        yield opened


def test_functions_are_told_by_their_current_version(index: Index) -> None:
    found = [(str(entry.current), entry.versions, entry.runs) for entry in index.functions()]
    assert found == [("numpy_array/Net@3", 3, 2), ("numpy_array/Other@1", 1, 0)]
    assert [str(entry.current) for entry in index.functions(limit=1, offset=1)] == ["numpy_array/Other@1"]
    assert index.functions(limit=0) == []
    assert index.counts() == (2, 4, 2)


def test_versions_stand_in_the_order_of_time_pruned_ones_too(index: Index) -> None:
    found = index.versions("numpy_array", "Net")
    assert [(version.ordinal, version.present) for version in found] == [
        (1, True),
        (2, True),
        (3, True),
        (4, False),
    ]
    assert [version.confidence for version in found] == [0.0, 0.25, 0.5, 0.75]
    assert found[0].parameters == ("lr",)
    assert [version.ordinal for version in index.versions_in_tree()] == [1, 2, 3, 1]
    assert [index.version_at(version.path) for version in found] == found
    assert index.versions_at([found[2].path, "missing", found[0].path]) == [found[2], found[0]]
    assert index.versions_named_like(found[1].path.rpartition("/")[2]) == [found[1]]
    assert index.versions_of_commits(found[3].commit[:12]) == [found[3]]
    assert index.versions("numpy_array", "net") == []


def test_folders_are_told_with_their_owners(index: Index) -> None:
    parent = "generated_training_functions/numpy_array"
    assert index.folders(parent) == {
        f"{parent}/Net": ("numpy_array", "Net"),
        f"{parent}/Other": ("numpy_array", "Other"),
    }
    assert index.folders("generated_training_functions/numpy") == {}


def test_runs_are_found_by_version_folder_and_beginning(index: Index) -> None:
    runs = index.runs("1")
    assert [(run.run_id, bool(run.present)) for run in runs] == [
        ("20240101T000000Z-aaaaaa", True), ("20240101T000000Z-bbbbbb", True), ("20240102T000000Z-aaaaaa", False),
    ]  # fmt: skip
    assert index.runs() == runs[:2]
    assert index.runs_of(runs[0].version_path) == [runs[0], runs[2]]
    assert index.runs_in(runs[1].folder) == [runs[1]]
    assert index.runs_with_prefix("20240101") == runs[:2]
    assert index.runs_with_prefix("20240101T000000Z-aaaaaa") == [runs[0]]
    assert (runs[0].score, runs[0].data_digest, runs[0].device) == (0.5, "sha256:d", "cpu")
    assert (runs[1].rerun_of, runs[1].verdict, runs[1].score) == (
        "20240101T000000Z-aaaaaa",
        "identical",
        None,
    )


def test_events_stand_newest_first(index: Index) -> None:
    actions = [event.action for event in index.events()]
    assert actions == ["prune", "run", "run", "run", *["save"] * 5, "init"]
    assert [event.action for event in index.events(limit=2, offset=3)] == ["run", "save"]
    of_net = index.events(("numpy_array", "Net"))
    assert [event.action for event in of_net] == ["run", "run", "run", *["save"] * 4]
    assert [event.ordinal for event in of_net if event.action == "save"] == [4, 3, 2, 1]
    assert index.events_of_commits(of_net[0].commit[:10]) == [of_net[0]]


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        (EventFilter(), 10),
        (EventFilter(action="save"), 5),
        (EventFilter(api_model="gpt-4"), 1),
        (EventFilter(author="TESS"), 10),
        (EventFilter(author="%"), 0),
        (EventFilter(min_confidence=0.5), 3),
        (EventFilter(since=SECOND * 2), 0),
        (EventFilter(until=SECOND), 0),
        (EventFilter(action="save", api_model="gpt-5"), 4),
        (EventFilter(action="'; DROP TABLE events; --"), 0),
    ],
)
def test_events_are_chosen_by_what_is_asked(index: Index, chosen: EventFilter, count: int) -> None:
    assert len(index.events(chosen=chosen)) == count


def test_names_are_completed(index: Index) -> None:
    assert index.names_beginning("N", 5) == ["Net"]
    assert index.names_beginning("numpy_array/O", 5) == ["numpy_array/Other"]
    assert index.names_beginning("", 1) == ["Net"]
    assert index.names_beginning("%", 5) == []
    assert index.all_names() == ["numpy_array/Net", "numpy_array/Other"]
