"""What ``diff --why`` and ``history --graph`` tell a person."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.store.git.repository import Repository

Call = Callable[..., Any]
CODE = """\
import torch
from torch import nn

def train_model(X_train, y_train, X_val, y_val, device, lr=0.1):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    return model, {}
"""


@pytest.fixture
def nets(in_store: Repository, make_record: Callable[..., Any]) -> Store:
    """Two versions, a rollback to the first, and a third one made from it."""
    opened = Store(in_store)
    opened.save(make_record("Net", CODE, 1704067200).record.content)
    opened.save(make_record("Net", CODE.replace("ReLU", "GELU"), 1704067201).record.content)
    opened.rollback("Net", "Net@1")
    opened.save(make_record("Net", CODE.replace("Adam", "SGD"), 1704067202).record.content)
    return opened


def test_the_graph_is_drawn_newest_first(nets: Store, call: Call) -> None:
    drawn = re.sub(r"  (now|\d+ .* ago)$", "", call("history", "Net", "--graph").out, flags=re.MULTILINE)
    assert drawn.splitlines() == [
        "* @3  never ran  Adam→SGD",
        "o rollback  to @1",
        "| * @2  gone  ReLU→GELU",
        "|/",
        "* @1  never ran",
    ]
    assert "(from @1)" in call("history", "Net", "--graph", "--limit", "1").out


def test_a_graph_is_of_one_function(nets: Store, call: Call) -> None:
    ended = call("history", "--graph")
    assert ended.code == 2 and "--graph needs the NAME" in ended.err


def test_show_tells_what_changed(nets: Store, call: Call) -> None:
    assert "  changed     Adam→SGD since numpy_array/Net@1\n" in call("show", "Net").out
    assert "  changed  " not in call("show", "Net@1").out


def test_why_says_that_nothing_is_known_without_runs(nets: Store, call: Call) -> None:
    text = call("diff", "Net@1", "Net@3", "--why").out
    assert "Cannot tell which is better: no metric of both runs says it." in text
    assert "  training         Adam→SGD" in text
    assert "trainstore run numpy_array/Net@1 --data DATA" in text


def test_a_diff_has_its_sections_and_names_what_is_the_same(nets: Store, call: Call) -> None:
    text = call("diff", "Net@2", "Net@3").out
    assert text.startswith("numpy_array/Net@2 → numpy_array/Net@3\n\nArchitecture (read from the code): ")
    assert "\nCode: +2 −2 lines\n--- numpy_array/Net@2\n+++ numpy_array/Net@3\n@@" in text
    assert text.endswith("\nThe same: search space, data profile\n")
