import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from trainstore.api import Store
from trainstore.errors import InvalidData, UsageError
from trainstore.store.git.repository import Repository

Git = Callable[..., str]


@pytest.fixture
def table(tmp_path: Path) -> str:
    np.savez(tmp_path / "table.npz", X=np.arange(120.0).reshape(30, 4), y=np.arange(30) % 3)
    return str(tmp_path / "table.npz")


def test_the_starters_that_fit_are_saved_with_the_datas_profile(
    store: Repository, table: str, git: Git
) -> None:
    result = Store(store).generate(table)
    assert [version.model_name for version in result.saves.saved][-1] == "MLP"
    assert result.data_profile["shape"] == [30, 4]
    for version in result.saves.saved:
        record = Store(store).record(version)
        assert record.content["data_profile"] == result.data_profile
        assert record.signature and record.space
        assert record.metadata_text("generated_by")
    (event, *_) = Store(store).history()
    assert event.action == "generate"
    assert git(store, "status", "--porcelain") == ""


def test_doing_it_again_changes_nothing(store: Repository, table: str, git: Git) -> None:
    first = Store(store).generate(table).saves.saved
    head = git(store, "rev-parse", "HEAD")
    again = Store(store).generate(table).saves
    assert (again.saved, again.unchanged) == ([], first)
    assert git(store, "rev-parse", "HEAD") == head


def test_sequences_of_unequal_length_get_a_function_that_takes_them(
    store: Repository, tmp_path: Path
) -> None:
    lines = [json.dumps({"x": [[1.0, 2.0]] * (3 + place % 4), "y": place % 2}) for place in range(20)]
    file = tmp_path / "ragged.jsonl"
    file.write_text("\n".join(lines))
    saved = Store(store).generate(str(file)).saves.saved
    assert saved and {version.data_type for version in saved} == {"sequence_list"}


@pytest.mark.parametrize(
    ("data", "target", "error"),
    [("nowhere.npz", None, InvalidData), ("sklearn:nothing", None, InvalidData), ("x.npz", "y", UsageError)],
)
def test_data_that_cannot_be_used_saves_nothing(
    store: Repository, git: Git, data: str, target: str | None, error: type[Exception]
) -> None:
    head = git(store, "rev-parse", "HEAD")
    with pytest.raises(error):
        Store(store).generate(data, target=target)
    assert git(store, "rev-parse", "HEAD") == head
