"""``generate`` as a person calls it: what it prints where, and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_server import ModelServer, Says, rejected

from trainstore.api import Store
from trainstore.generation import ask as ask_module
from trainstore.store.git.repository import Repository

Call = Callable[..., Any]
State = Callable[[Repository], tuple[str, ...]]
KEY = "sk-test-0123456789abcdef"

CODE = """\
import torch
from torch import nn


def train_model(X_train, y_train, X_val, y_val, device, *, lr=0.01, epochs=5):
    model = nn.Linear(X_train.shape[1], int(y_train.max()) + 1).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for epoch in range(epochs):
        loss = nn.functional.cross_entropy(model(X_train.to(device)), y_train.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print("epoch", epoch)
    return model, {"loss": loss.item()}
"""

REPLY = json.dumps(
    {
        "model_name": "Line",
        "summary": "One layer.",
        "training_code": CODE,
        "bo_config": {
            "lr": {"type": "Real", "default": 0.01, "low": 1e-4, "high": 0.1, "prior": "log-uniform"},
            "epochs": {"type": "Integer", "default": 5, "low": 1, "high": 50},
        },
        "confidence": 0.5,
    }
)
GENERATE = ("generate", "--data", "table.npz", "--device", "cpu", "--allow-weak-sandbox")


@pytest.fixture
def server(model_server: ModelServer, in_store: Repository, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    """The service that the environment names, and a table in the store's folder."""
    monkeypatch.setattr(ask_module, "_known_dialects", {})
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", model_server.url)
    np.savez("table.npz", X=np.arange(120.0).reshape(30, 4), y=np.arange(30) % 3)
    return model_server


def test_two_commands_lead_from_data_to_a_score(
    in_store: Repository, server: ModelServer, call: Call
) -> None:
    server.lacks_responses()
    server.queue(REPLY)
    ended = call(*GENERATE, "--model", "served-small")
    assert ended.code == 0, ended.err
    (version,) = Store(in_store).versions("Line")
    assert ended.out == (
        f"💾 SAVED TRAINING FUNCTION: {Path(version.path).name}\n"
        f"Saved numpy_array/Line@1 (commit {version.commit[:10]}).\n"
    )
    assert "asking served-small at 127.0.0.1:" in ended.err and "chat completions" in ended.err
    assert "  epoch 0\n" in ended.err and "epoch 1" not in ended.err
    assert version.api_model == "served-small"
    ran = call("run", "Line", "--data", "table.npz", "--device", "cpu", "--allow-weak-sandbox", "--json")
    assert ran.code == 0, ran.err
    assert ran.document["scored_metrics"]["accuracy"] is not None

    again = call(*GENERATE, "--model", "served-small")
    assert again.code == 0
    assert again.out.startswith("numpy_array/Line@1 is there for this request")
    assert f"run {ran.document['run_id']} scored accuracy" in again.out
    assert "--fresh asks anyway" in again.err
    document = call(*GENERATE, "--model", "served-small", "--json").document
    assert document["saved"] == [] and document["model"] == "served-small"
    assert document["cached"]["run_id"] == ran.document["run_id"]
    assert document["unchanged"][0]["commit"] == version.commit
    assert len([request for request in server.requests if request.path.endswith("completions")]) == 1


@pytest.mark.parametrize(
    ("response", "code", "sentence"),
    [
        (rejected(401, f"Incorrect API key provided: {KEY}"), 24, "does not accept the key"),
        (rejected(404, "The model 'gpt-5' does not exist"), 24, "has no model 'gpt-5'"),
        (Says(refusal="I would rather not."), 24, "refused: I would rather not"),
        (Says("Have a nice day."), 25, "No function that gpt-5 wrote passed, after 0 repairs"),
    ],
    ids=["401", "404", "refusal", "no function"],
)
def test_what_goes_wrong_is_one_sentence_and_saves_nothing(
    in_store: Repository,
    server: ModelServer,
    call: Call,
    state: State,
    response: Any,
    code: int,
    sentence: str,
) -> None:
    before = state(in_store)
    server.rules.append(lambda _: response if not isinstance(response, Says) else None)
    if isinstance(response, Says):
        server.queue(response)
    ended = call(*GENERATE, "--repairs", "0")
    assert (ended.code, ended.out) == (code, "")
    told = [line for line in ended.err.splitlines() if not line.startswith("·")]
    assert told[0].startswith("Error: ") and sentence in told[0]
    assert told[1].startswith("Hint:  ") and len(told) == 2
    assert KEY not in ended.err
    assert state(in_store) == before


def test_a_dry_run_prints_the_prompt_and_asks_nothing(
    in_store: Repository, server: ModelServer, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL")
    ended = call("generate", "--data", "table.npz", "--dry-run", "--hint", "Be $mall.", "--model", "m")
    assert ended.code == 0, ended.err
    assert (
        ended.out.startswith("[system]\nYou write PyTorch") and 'What the user says: "Be $mall."' in ended.out
    )
    assert "tokens for m; nothing was asked." in ended.err
    document = call("generate", "--data", "table.npz", "--dry-run", "--json").document
    assert (
        document["prompt"]["estimated_tokens"]
        == sum(len(message["content"]) for message in document["prompt"]["messages"]) // 4
    )
    assert server.requests == []


def test_starters_are_labelled_where_no_service_is_set_up(
    server: ModelServer, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL")
    ended = call("generate", "--data", "table.npz")
    assert ended.code == 0
    assert ended.err == "No model service is set up; these built-in starters fit table.npz:\n"
    assert "Saved numpy_array/MLP@1" in ended.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "not known which data"),
        (("--from", "Nothing"), "no function or version"),
        (("--data", "table.npz", "--rounds", "3"), "--rounds improves a version"),
        (("--data", "table.npz", "--repairs", "99"), "--repairs is 99"),
        (("--data", "table.npz", "--repairs", "many"), "not a valid integer"),
    ],
)
def test_what_is_asked_for_wrongly_asks_nobody(
    server: ModelServer, call: Call, arguments: tuple[str, ...], sentence: str
) -> None:
    ended = call("generate", *arguments)
    assert ended.code in (2, 12) and sentence in ended.err
    assert server.requests == []


def test_the_tree_shows_what_came_from_what(
    in_store: Repository, call: Call, make_record: Callable[..., Any]
) -> None:
    store = Store(in_store)
    (first,) = store.save(make_record("Net", "a = 1").record.content | {"training_code": CODE}).saved

    def child(name: str, number: int, of: Any) -> Any:
        parent = {"function": of.function, "timestamp": of.timestamp, "path": of.path}
        content = make_record(name, f"{CODE}# {number}\n", 1704067200 + number).record.content
        (saved,) = store.save({**content, "generation": {"parent": parent}}).saved
        return saved

    second = child("Net", 1, first)
    child("Net", 2, first)
    child("Other", 3, second)
    lines = [line.partition(" (")[0] for line in call("history", "Net", "--tree").out.splitlines()]
    assert lines == [
        "numpy_array/Net@1",
        "├─ numpy_array/Net@2",
        "│  └─ numpy_array/Other@1",
        "└─ numpy_array/Net@3",
    ]
    document = call("history", "Other", "--tree", "--json").document
    parents = {one["function"] + str(one["version"]): one["parent"] for one in document["versions"]}
    assert parents["numpy_array/Other1"]["version"] == 2 and parents["numpy_array/Net1"] is None
    assert call("history", "--tree").code == 2
