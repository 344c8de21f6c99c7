"""Making a version better: what the model is shown, what is compared, and how versions are linked."""

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from model_server import ModelServer

from trainstore.api import Store
from trainstore.errors import GenerationFailed, UsageError
from trainstore.generation import ask as ask_module
from trainstore.records.run_record import RunRecord
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.workflows.generating import earlier
from trainstore.workflows.generating.earlier import reached_on
from trainstore.workflows.generating.options import GenerateOptions
from trainstore.workflows.run import Listener

Git = Callable[..., str]

# Better than the parent, whose losses still fall when it ends: it steps further and longer.
BETTER = """\
import torch
from torch import nn


def train_model(X_train, y_train, X_val, y_val, device, *, lr=0.05, epochs=STEPS):
    model = nn.Sequential(nn.BatchNorm1d(X_train.shape[1]), nn.Linear(X_train.shape[1], 3)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for epoch in range(epochs):
        loss = nn.functional.cross_entropy(model(X_train.to(device)), y_train.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, {"loss": losses[-1], "losses": losses}
"""


def reply(steps: int) -> str:
    space = [
        {"name": "lr", "type": "Real", "default": 0.05, "low": 1e-5, "high": 0.1, "prior": "log-uniform"},
        {"name": "epochs", "type": "Integer", "default": steps, "low": 1, "high": 1000, "prior": "uniform"},
    ]
    return json.dumps(
        {
            "model_name": "Tiny", "summary": "It scales its inputs.", "confidence": 0.7, "search_space": space,
            "training_code": BETTER.replace("STEPS", str(steps)),
        }
    )  # fmt: skip


@pytest.fixture
def server(model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    monkeypatch.setattr(ask_module, "_known_dialects", {})
    monkeypatch.setenv("OPENAI_BASE_URL", model_server.url)
    return model_server


def original(store: Store) -> RunRecord:
    """Return the run of Tiny@2 that every copy of the trained store has."""
    return next(run for run in store.run_records(store.runs("Tiny@2")) if run.rerun_of is None)


def test_it_improves_while_it_gets_better_and_links_what_it_makes(
    trained_store: Repository, server: ModelServer, git: Git
) -> None:
    store = Store(trained_store)
    server.queue(reply(300), reply(1))
    options = GenerateOptions(parent="Tiny@2", rounds=5, device="cpu", allow_weak_sandbox=True, fresh=True)
    result = store.generate(None, options)
    first, second = result.rounds
    assert [str(one.parent) for one in result.rounds] == ["numpy_array/Tiny@2", "numpy_array/Tiny@4"]
    assert first.is_better and not second.is_better
    assert first.after is not None and second.before == first.after > first.before
    assert len(server.requests) == 2
    with open_index(trained_store) as index:
        assert index.origins.parent(second.child.path) == first.child.path
    assert [(str(one.version), str(one.parent)) for one in store.lineage("Tiny")] == [
        ("numpy_array/Tiny@1", "None"), ("numpy_array/Tiny@2", "None"), ("numpy_array/Tiny@3", "None"),
        ("numpy_array/Tiny@4", "numpy_array/Tiny@2"), ("numpy_array/Tiny@5", "numpy_array/Tiny@4"),
    ]  # fmt: skip
    assert store.record(first.child).content["generation"]["parent"] == {
        "function": "numpy_array/Tiny", "timestamp": first.parent.timestamp, "path": first.parent.path
    }  # fmt: skip
    assert f"Parent: {first.parent.path}" in git(trained_store, "log", "--format=%(trailers)")
    assert git(trained_store, "status", "--porcelain") == ""
    told = server.requests[1].text
    run = store.run_record(first.run_id)
    assert f"validation_accuracy {first.after:.5g}" in told
    assert run.scored_metrics is not None


def test_what_was_made_stands_where_a_later_round_fails(
    trained_store: Repository, server: ModelServer
) -> None:
    store = Store(trained_store)
    server.queue(reply(300), "I am out of ideas.")
    steps: list[str] = []
    options = GenerateOptions(parent="Tiny@2", rounds=3, repairs=0, device="cpu", allow_weak_sandbox=True)
    result = store.generate("sklearn:wine", options, listener=Listener(steps.append))
    assert [one.is_better for one in result.rounds] == [True]
    assert [str(version) for version in result.saves.saved] == ["numpy_array/Tiny@4"]
    assert any(step.startswith("stopped: No function") for step in steps)
    assert "0 repairs" in " ".join(steps)


def test_a_first_round_that_fails_saves_nothing(
    trained_store: Repository, server: ModelServer, git: Git
) -> None:
    head = git(trained_store, "rev-parse", "HEAD")
    server.queue("I have no idea.")
    with pytest.raises(GenerationFailed):
        Store(trained_store).generate(None, GenerateOptions(parent="Tiny@2", repairs=0))
    assert git(trained_store, "rev-parse", "HEAD") == head


def test_no_test_score_ever_reaches_a_model(trained_store: Repository) -> None:
    store = Store(trained_store)
    runs = [run for run in store.run_records(store.runs("Tiny")) if run.scored_metrics]
    shown = [
        store.plan_prompt("sklearn:wine", GenerateOptions()),
        store.plan_prompt(None, GenerateOptions(parent="Tiny@2")),
    ]
    for plan in shown:
        text = json.dumps(plan.messages)
        for run in runs:
            scored = run.scored_metrics or {}
            assert f"validation_log_loss {scored['validation_log_loss']:.5g}" in text
            assert f"{scored['log_loss']:.5g}" not in text and f"{scored['log_loss']:.3g}" not in text
        words = re.findall(r"\w+", text)
        assert "validation_macro_f1" in words
        assert not {"macro_f1", "log_loss", "test_accuracy"} & set(words)
        assert not re.search(r"\baccuracy [0-9]", text)


def test_the_curves_and_the_code_are_shown(trained_store: Repository) -> None:
    store = Store(trained_store)
    plan = store.plan_prompt(None, GenerateOptions(parent="Tiny@2"))
    text = plan.messages[1]["content"]
    run = original(store)
    assert store.record(store.version("Tiny@2")).code in text
    assert f"losses, {len(run.curves['losses'])} epochs" in text
    assert plan.cached is None


def test_what_others_reached_on_the_same_data_is_told_and_on_other_data_not(
    trained_store: Repository,
) -> None:
    store = Store(trained_store)
    digest = original(store).data["digest"]
    with open_index(trained_store) as index:
        (reached,) = reached_on(trained_store, index, digest)
        assert reached.model_name == "Tiny" and set(reached.metrics) > {"validation_accuracy"}
        assert reached_on(trained_store, index, "sha256:other") == []
    text = store.plan_prompt("sklearn:iris", GenerateOptions()).messages[1]["content"]
    assert "others reached" not in text


@pytest.mark.parametrize(("scores", "best"), [((0.0, 0.5), 0.5), ((-0.5, 0.0, -0.1), 0.0)])
def test_a_score_of_zero_is_one_like_others(
    trained_store: Repository, monkeypatch: pytest.MonkeyPatch, scores: tuple[float, ...], best: float
) -> None:
    run = original(Store(trained_store))
    runs = [msgspec.structs.replace(run, scored_metrics={"validation_r2": value}) for value in scores]
    monkeypatch.setattr(earlier, "read_runs", lambda *_: runs)
    with open_index(trained_store) as index:
        version = index.version_at(run.version["path"])
        assert version is not None
        (reached,) = reached_on(trained_store, index, run.data["digest"])
        assert reached.metrics == {"validation_r2": best}
        found = earlier.best_run(trained_store, index, version)
    assert found is not None and found.scored_metrics == {"validation_r2": best}


def test_a_version_that_never_ran_needs_data(store: Repository, save_versions: Callable[..., Any]) -> None:
    save_versions(1)
    with pytest.raises(UsageError, match="not known which data"):
        Store(store).plan_prompt(None, GenerateOptions(parent="Net"))
    with pytest.raises(UsageError, match="not known which data"):
        Store(store).plan_prompt(None)
    with pytest.raises(UsageError, match="has no scored run on these data"):
        Store(store).plan_prompt("sklearn:wine", GenerateOptions(parent="Net"))
