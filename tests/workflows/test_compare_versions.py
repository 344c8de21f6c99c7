from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import NotFound
from trainstore.store.git.repository import Repository

Make = Callable[..., Any]
Save = Callable[..., list[str]]
CODE = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n    return {}\n"


def dimension(default: float, **fields: Any) -> dict[str, Any]:
    return {"default": default, "type": "Real", "low": 0.0, "high": 9.0, **fields}


@pytest.fixture
def two(store: Repository, make_record: Make) -> Store:
    opened = Store(store)
    opened.save(
        make_record(
            code=CODE, bo_config={"lr": dimension(0.1), "old": dimension(1.0)}, data_profile={"shape": [9, 4]}
        ).record.content
    )
    opened.save(
        make_record(
            code=CODE.replace("{}", "None") + "# more\n",
            timestamp=1704067300,
            bo_config={"lr": dimension(0.2), "new": dimension(2.0)},
            data_profile={"shape": [10, 4], "dtype": "float32"},
        ).record.content
    )
    return opened


def test_code_search_space_and_profile_are_compared(two: Store) -> None:
    found = two.diff("Net@1", "Net@2")
    assert (str(found.old), str(found.new)) == ("unknown/Net@1", "unknown/Net@2")
    assert (found.code.added, found.code.removed) == (2, 1)
    assert "-    return {}" in found.code.unified and "+    return None" in found.code.unified
    assert set(found.search_space.added) == {"new"}
    assert set(found.search_space.removed) == {"old"}
    assert {name: change.how for name, change in found.search_space.changed.items()} == {
        "lr": ("default moved",)
    }
    assert found.data_profile.added == {"dtype": "float32"}
    assert found.data_profile.changed == {"shape": ([9, 4], [10, 4])}
    assert not found.metrics.fields and not found.metrics.both


def test_the_other_way_round_everything_is_turned(two: Store) -> None:
    found = two.diff("Net", "Net~1")
    assert (found.code.added, found.code.removed) == (1, 2)
    assert (set(found.search_space.added), set(found.search_space.removed)) == ({"old"}, {"new"})


def test_a_version_equals_itself(two: Store) -> None:
    found = two.diff("Net", "Net@2")
    assert (found.code.unified, found.code.added, found.code.removed) == ("", 0, 0)
    assert not found.search_space and not found.data_profile and not found.metrics.fields


def test_versions_of_two_functions_and_pruned_ones_can_be_compared(two: Store, make_record: Make) -> None:
    two.save(make_record("Other", CODE).record.content)
    two.undo()
    assert two.diff("Net", "Other@1").code.removed == 2


@pytest.mark.parametrize("names", [("Net", "Nut"), ("Net@3", "Net"), ("", "Net")])
def test_what_names_no_version_is_not_found(two: Store, names: tuple[str, str]) -> None:
    with pytest.raises(NotFound):
        two.diff(*names)


@pytest.mark.slow
def test_metrics_are_those_of_the_last_successful_run(trained_store: Repository, trained: Any) -> None:
    opened = Store(trained_store)
    scored = opened.run_record(trained.rerun_id).scored_metrics
    assert scored is not None
    found = opened.diff("Tiny@1", "Tiny@2").metrics.fields
    assert found.added["accuracy"] == scored["accuracy"]
    assert not found.removed and not found.changed


def test_what_a_run_chose_is_no_difference_to_a_version_without_one(
    store: Repository, make_record: Make, record_run: Callable[..., str]
) -> None:
    opened = Store(store)
    code = (
        "import torch\n"
        "def train_model(X_train, y_train, X_val, y_val, device, width=8):\n"
        "    return torch.nn.Linear(4, width), {}\n"
    )
    for number in range(3):
        opened.save(make_record(code=f"# {number}\n{code}", timestamp=1704067200 + number).record.content)
    record_run(store, "Net@1", hyperparameters={"width": 2}, chosen={"width": 2})
    assert not opened.diff("Net@1", "Net@2").architecture.changed
    record_run(store, "Net@3", hyperparameters={"width": 4}, chosen={"width": 4})
    assert opened.diff("Net@1", "Net@3").architecture.changed
