"""A pulled run.json may hold anything: every command tells of it in words, or does without it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.store.git.repository import Repository

Call = Callable[..., Any]
Git = Callable[..., str]
READING = [
    *(
        ["runs", "Net"],
        ["show", "RUN"],
        ["logs", "RUN"],
        ["diff", "OTHER", "RUN"],
        ["diff", "Net@1", "Net@1"],
    ),
    *(
        ["verify"],
        ["du"],
        ["history", "Net", "--graph"],
        ["prune", "--keep-last", "1", "--dry-run"],
        ["status"],
    ),
    *(["report", "Net", "--out", "o.html"], ["reclaim", "--dry-run"]),
]
WEIRD = ({}, [], {"x": [1]}, -5, None, "../../x")


def spoiled(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a record with each of its values, and each value of its objects, being something else."""
    for name, value in record.items():
        yield from ({**record, name: weird} for weird in WEIRD)
        for key in value if isinstance(value, dict) else ():
            yield from ({**record, name: {**value, key: weird}} for weird in WEIRD)
            yield {**record, name: {one: value[one] for one in value if one != key}}


@pytest.mark.slow
def test_whatever_a_run_json_holds_no_command_breaks_on_it(
    in_store: Repository, call: Call, git: Git, save_versions: Any, record_run: Callable[..., str]
) -> None:
    save_versions(1)
    other, run = (
        Path(record_run(in_store, "Net@1", metrics={"accuracy": 0.5}, seed=seed)) for seed in (1, 2)
    )
    file = in_store.root / run / "run.json"
    whole = json.loads(file.read_text())
    whole["scoring"]["claim"] = {"name": "val_acc", "claimed": 1.0, "measured": 0.5, "reproduced": False}
    names = {"RUN": run.name, "OTHER": other.name}
    for number, record in enumerate(spoiled(whole)):
        file.write_text(json.dumps(record))
        git(in_store, "commit", "--quiet", "--all", "--amend", "--no-edit")
        arguments = [names.get(word, word) for word in READING[number % len(READING)]]
        as_json = ["--json"] if number % 2 and arguments[0] != "report" else []
        ended = call(*arguments, *as_json)
        told = ended.err.count("Error:") == 1 and "Traceback" not in ended.err
        assert ended.code == 0 or told, (arguments, record, ended.err)
    assert number > 400


def test_a_rollback_is_whole_though_a_run_json_is_damaged(
    in_store: Repository, call: Call, git: Git, save_versions: Any, record_run: Callable[..., str]
) -> None:
    save_versions(2)
    folder = record_run(in_store, "Net@2")
    file = in_store.root / folder / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "checkpoint": {}}))
    git(in_store, "commit", "--quiet", "--all", "--amend", "--no-edit")
    ended = call("rollback", "Net", "@1")
    assert (ended.code, Store(in_store).version("Net").ordinal) == (0, 1), ended.err
    assert not file.exists()
