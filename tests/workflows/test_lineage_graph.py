"""How a function came to be what it is."""

from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import NotFound
from trainstore.retention.policy import Policy
from trainstore.store.git.repository import Repository
from trainstore.workflows.lineage_graph import Step

CODE = """\
import torch
from torch import nn

def train_model(X_train, y_train, X_val, y_val, device, lr=0.1):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    return model, {}
"""
SPACE = {"lr": {"default": 0.1, "type": "Real", "low": 0.01, "high": 1.0}}


@pytest.fixture
def save(store: Repository, make_record: Callable[..., Any]) -> Callable[..., Store]:
    """Save a version of a function with some of its code replaced."""
    seconds = iter(range(1704067200, 1704069999))

    def saved(old: str = "", new: str = "", name: str = "Net", **fields: Any) -> Store:
        code = CODE.replace(old, new) if old else CODE
        opened = Store(store)
        opened.save(make_record(name, code, next(seconds), **{"bo_config": SPACE, **fields}).record.content)
        return opened

    return saved


def told(steps: list[Step]) -> list[tuple[str, int | None, int | None, str]]:
    """Action, version, what it was made from, summary; the oldest first."""
    return [
        (
            step.event.action,
            step.version.ordinal if step.version else None,
            step.made_from.ordinal if step.made_from else None,
            step.summary,
        )
        for step in reversed(steps)
    ]


def test_each_save_tells_what_it_was_made_from_and_what_changed(save: Callable[..., Store]) -> None:
    save()
    save("ReLU", "GELU")
    store = save("Adam(", "SGD(")
    steps = store.lineage_graph("Net")
    assert [step[:3] for step in told(steps)] == [("save", 1, None), ("save", 2, 1), ("save", 3, 2)]
    assert steps[1].summary == "ReLU→GELU"
    assert "Adam→SGD" in steps[0].summary and "GELU→ReLU" in steps[0].summary
    assert steps[2].summary == ""
    assert [step.continues for step in steps] == [steps[1].event.commit, steps[2].event.commit, None]


def test_what_is_saved_after_a_rollback_is_made_from_the_older_version(save: Callable[..., Store]) -> None:
    save()
    store = save("ReLU", "GELU")
    store.rollback("Net", "Net@1")
    save(bo_config={"lr": {**SPACE["lr"], "default": 0.2}})
    steps = store.lineage_graph("Net")
    assert told(steps) == [
        ("save", 1, None, ""),
        ("save", 2, 1, "ReLU→GELU"),
        ("rollback", 1, None, ""),
        ("save", 3, 1, "lr 0.1→0.2"),
    ]
    newest, rollback, second, first = (step.event.commit for step in steps)
    assert [step.continues for step in steps] == [rollback, first, first, None]
    assert newest != second


def test_prunes_restores_and_undos_tell_which_version_is_current_then(save: Callable[..., Store]) -> None:
    save()
    save("ReLU", "GELU")
    store = save("ReLU", "SiLU")
    store.prune(store.prune_plan(Policy(keep_last=1)))
    store.restore("Net@1")
    store.undo()
    actions = [
        (step.event.action, step.version and step.version.ordinal) for step in store.lineage_graph("Net")
    ]
    assert actions[:3] == [("undo", 3), ("restore", 3), ("prune", 3)]


def test_where_no_version_is_left_none_is_current(save: Callable[..., Store]) -> None:
    store = save()
    store.undo()
    assert store.lineage_graph("Net")[0].version is None


def test_only_what_is_asked_for_is_given(save: Callable[..., Store], record_run: Callable[..., str]) -> None:
    for number in range(4):
        store = save("8", str(8 + number)) if number else save()
    record_run(store.repository, "Net", metrics={"accuracy": 0.5})
    store.pin("Net")
    assert [step.version.ordinal for step in store.lineage_graph("Net", limit=2) if step.version] == [4, 3]
    assert [
        step.version.ordinal for step in store.lineage_graph("Net", limit=2, offset=3) if step.version
    ] == [1]
    assert store.lineage_graph("Net", limit=1)[0].continues is None
    with pytest.raises(NotFound):
        store.lineage_graph("Nut")


def test_the_score_is_of_the_data_that_most_runs_are_on(
    save: Callable[..., Store], record_run: Callable[..., str]
) -> None:
    save()
    store = save("ReLU", "GELU")
    for version, accuracy, data in (
        ("Net@1", 0.5, "1"),
        ("Net@1", 0.6, "1"),
        ("Net@2", 0.7, "1"),
        ("Net@2", 0.9, "2"),
    ):
        record_run(store.repository, version, metrics={"accuracy": accuracy}, data=data)
    record_run(store.repository, "Net@1", outcome="failed")
    newest, oldest = store.lineage_graph("Net")
    assert newest.run is not None and oldest.run is not None
    assert (newest.run.score, newest.runs, newest.other_data) == (0.7, 2, False)
    assert (oldest.run.score, oldest.runs) == (0.6, 3)


def test_code_that_cannot_be_read_is_no_obstacle(save: Callable[..., Store], git: Callable[..., str]) -> None:
    store = save()
    before = store.version("Net")
    file = store.root / before.path
    for text in ('"training_code": "(((("', '"training_code": "\\u0000 \\ud800"'):
        save("8", str(len(text)))
        newest = store.root / store.version("Net").path
        newest.write_bytes(b"{" + text.encode() + file.read_bytes()[1:])
    assert len(store.lineage_graph("Net")) == 3
    assert store.change(store.version("Net")).made_from == store.version("Net@2")


def test_a_first_version_was_made_from_nothing(save: Callable[..., Store]) -> None:
    store = save()
    change = store.change(store.version("Net"))
    assert (change.made_from, change.summary) == (None, "")
