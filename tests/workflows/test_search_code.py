from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import UsageError
from trainstore.store.git.repository import Repository
from trainstore.workflows.save import import_records

Make = Callable[..., Any]
Git = Callable[..., str]


def test_each_matching_line_of_every_version_in_the_tree_is_found(
    store: Repository, make_record: Make, git: Git
) -> None:
    codes = ["import torch\nx = nn.LSTM(3)\n", "x = nn.GRU(3)\ny = nn.LSTM(4)", "nn.LSTM\n" * 2]
    records = [make_record("Net", code, 1704067200 + place) for place, code in enumerate(codes)]
    import_records(store, [*records, make_record("Other", "torch\r\nnn.LSTM")])
    found = Store(store).search(r"nn\.LSTM")
    assert [(str(match.version), match.line, match.text.strip()) for match in found] == [
        ("numpy_array/Net@1", 2, "x = nn.LSTM(3)"),
        ("numpy_array/Net@2", 2, "y = nn.LSTM(4)"),
        ("numpy_array/Net@3", 1, "nn.LSTM"),
        ("numpy_array/Net@3", 2, "nn.LSTM"),
        ("numpy_array/Other@1", 2, "nn.LSTM"),
    ]
    git(store, "rm", "--quiet", found[0].version.path)
    git(store, "commit", "--quiet", "-m", "prune")
    assert len(Store(store).search(r"nn\.LSTM")) == 4
    assert Store(store).search("nothing like it") == []


def test_an_empty_store_holds_nothing(store: Repository) -> None:
    assert Store(store).search("x") == []


@pytest.mark.parametrize("pattern", ["(", "[", "*", "(?P<", "\\", "x{99999999999}"])
def test_what_is_no_regular_expression_is_told(store: Repository, pattern: str) -> None:
    with pytest.raises(UsageError, match="regular expression"):
        Store(store).search(pattern)
