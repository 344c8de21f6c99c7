"""Where versions come from: told by trailers, by records committed by hand, and found by an index."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainstore.api import Store
from trainstore.store.git.repository import Repository
from trainstore.store.index.database import open_database
from trainstore.store.index.origins import Origins
from trainstore.store.index.update import open_index

Git = Callable[..., str]
Make = Callable[..., Any]
KIND = "numpy_array (4) values"


def saved(store: Repository, incoming: Any, **generation: Any) -> Any:
    content = {**incoming.record.content, "generation": generation}
    (version,) = Store(store).save(content).saved
    return version


def test_a_request_gives_its_newest_version_in_the_tree(store: Repository, make_record: Make) -> None:
    first = saved(
        store,
        make_record("Net", "def train_model(X_train, y_train, X_val, y_val, device, **h): 1"),
        request_digest="sha256:1",
    )
    second = saved(
        store,
        make_record("Net", "def train_model(X_train, y_train, X_val, y_val, device, **h): 2"),
        request_digest="sha256:1",
    )
    with open_index(store) as index:
        assert index.origins.of_request("sha256:1") == second.path
        assert index.origins.of_request("sha256:2") is None
    Store(store).rollback("Net", "@1")
    with open_index(store) as index:
        assert index.origins.of_request("sha256:1") == first.path
    Store(store).undo()
    with open_index(store) as index:
        assert index.origins.of_request("sha256:1") == second.path


def test_versions_for_a_kind_of_data_are_found_whoever_saved_them(
    store: Repository, save_versions: Callable[..., list[str]], make_record: Make, git: Git
) -> None:
    paths = save_versions(2)
    by_hand = (
        store.root / "generated_training_functions/numpy_array/Hand/training_function_numpy_array_Hand_7.json"
    )
    by_hand.parent.mkdir()
    by_hand.write_bytes(make_record("Hand", timestamp=7, generation={"parent": {"path": paths[0]}}).file)
    git(store, "add", "--all")
    git(store, "commit", "--quiet", "--message", "By hand")
    path = str(by_hand.relative_to(store.root))
    for _ in range(2):
        with open_index(store) as index:
            assert index.origins.of_kind(KIND, 9) == [
                ("numpy_array/Hand", path), ("numpy_array/Net", paths[1]), ("numpy_array/Net", paths[0])
            ]  # fmt: skip
            assert index.origins.of_kind(KIND, 1) == [("numpy_array/Hand", path)]
            assert index.origins.parent(path) == paths[0] and index.origins.children(paths[0]) == [path]
        Path(store.state / "index.db").unlink()  # made anew, it says the same


def test_each_question_is_answered_by_an_index_of_the_table(store: Repository) -> None:
    open_index(store).close()
    database = open_database(store.state)
    asked: list[str] = []
    database.set_trace_callback(asked.append)
    origins = Origins(database)
    origins.of_request("sha256:1")
    origins.of_kind(KIND, 5)
    origins.parent("x")
    origins.children("x")
    database.set_trace_callback(None)
    assert len(asked) == 4
    for statement in asked:
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert all(step.startswith("SEARCH") or "TEMP B-TREE" in step for step in plan), plan
    database.close()
