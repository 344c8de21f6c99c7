"""From data to a saved function through a model service on this machine: the real client, workers and git."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_server import ModelServer, Raw, Says

from trainstore.api import Store
from trainstore.errors import (
    DeviceUnavailable,
    GenerationFailed,
    ModelServiceFailed,
    SandboxTooWeak,
    UsageError,
)
from trainstore.execution.sandbox import probe
from trainstore.generation import ask as ask_module
from trainstore.store.git.repository import Repository
from trainstore.workflows.generating.options import GenerateOptions
from trainstore.workflows.run import Listener
from trainstore.workflows.run_options import RunOptions

Git = Callable[..., str]
KEY = "sk-test-0123456789abcdef"
# Tried where the machine that runs the tests may offer no better.
OPTIONS = GenerateOptions(device="cpu", allow_weak_sandbox=True)

CODE = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, X, outputs, width):
        super().__init__()
        self.register_buffer("mean", X.mean(0))
        self.layers = nn.Sequential(nn.Linear(X.shape[1], width), nn.ReLU(), nn.Linear(width, outputs))

    def forward(self, X):
        return self.layers(X - self.mean)


def train_model(X_train, y_train, X_val, y_val, device, *, lr=0.01, width=16, epochs=20):
    model = Net(X_train, int(y_train.max()) + 1, width).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for epoch in range(epochs):
        loss = nn.functional.cross_entropy(model(X_train.to(device)), y_train.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        print("epoch", epoch, loss.item())
    return model, {"train_loss": losses[-1], "losses": losses}
"""

SPACE = [
    {"name": "lr", "type": "Real", "default": 0.01, "low": 1e-5, "high": 0.1, "prior": "log-uniform", "categories": None},
    {"name": "width", "type": "Categorical", "default": 16, "low": None, "high": None, "prior": None, "categories": [8, 16]},
    {"name": "epochs", "type": "Integer", "default": 20, "low": 1, "high": 100, "prior": "uniform", "categories": None},
]  # fmt: skip


def reply(code: str = CODE, **fields: Any) -> str:
    return json.dumps(
        {
            "model_name": "TinyNet",
            "summary": "Two layers, for a small table.",
            "training_code": code,
            "search_space": SPACE,
            "confidence": 0.8,
            **fields,
        }
    )


@pytest.fixture
def server(model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    """The service that the environment names."""
    monkeypatch.setattr(ask_module, "_known_dialects", {})
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", model_server.url)
    monkeypatch.setenv("OPENAI_MODEL", "served-large")
    return model_server


@pytest.fixture
def table(tmp_path: Path) -> str:
    return save_table(tmp_path / "table.npz", 90)


def save_table(file: Path, count: int) -> str:
    """Save rows of three classes that can be told apart."""
    y = np.arange(count) % 3
    np.savez(file, X=np.random.default_rng(0).standard_normal((count, 4)) + 3 * y[:, None], y=y)
    return str(file)


class Unchanged:
    """That a store stays as it is, but for the replies kept for audit."""

    def __init__(self, store: Repository, git: Git) -> None:
        self.store, self.git = store, git
        self.before = self.state()

    def state(self) -> tuple[str, str, list[str]]:
        work_tree = sorted(str(path) for path in self.store.root.rglob("*") if ".git" not in path.parts)
        return (
            self.git(self.store, "rev-parse", "HEAD"),
            self.git(self.store, "status", "--porcelain"),
            work_tree,
        )

    def rejected(self) -> list[dict[str, Any]]:
        assert self.state() == self.before
        return [
            json.loads(file.read_text()) for file in sorted((self.store.state / "rejected").glob("*.json"))
        ]


@pytest.fixture
def unchanged(store: Repository, git: Git) -> Unchanged:
    return Unchanged(store, git)


def test_from_data_to_a_scored_version_after_two_repairs(
    store: Repository, table: str, server: ModelServer, git: Git
) -> None:
    broken = CODE.replace("cross_entropy(", "cross_entropie(")
    server.queue("Sure! Here is a network for you.", f"```json\n{reply(broken)}\n```", reply())
    steps: list[str] = []
    result = Store(store).generate(table, OPTIONS, listener=Listener(steps.append))
    (version,) = result.saves.saved
    assert str(version) == "numpy_array/TinyNet@1"

    told = [request.text for request in server.requests]
    assert "holds no JSON object" in told[1]
    assert "cross_entropie" in told[2] and "AttributeError" in told[2]
    line = broken.splitlines().index(next(line for line in broken.splitlines() if "entropie" in line)) + 1
    assert f"line {line}: the trial run raised" in told[2] and f"> {line:4} " in told[2]

    content = Store(store).record(version).content
    assert content["metadata"] == {
        "generated_by": "AI Code Generator", "api_model": "served-large", "version": "1.0"
    }  # fmt: skip
    assert content["bo_config"]["width"] == {"type": "Categorical", "default": 16, "categories": [8, 16]}
    made = content["generation"]
    assert (made["repairs"], made["reported_model"], made["api"], made["schema_level"]) == (
        2, "served-large-2026-01-31", "responses", "strict"
    )  # fmt: skip
    assert made["tokens"] == {"input": 300, "output": 60}
    assert made["trial"]["device"] == "cpu" and made["trial"]["weight_bytes"] > 0
    assert made["parameters"]["store"] is False and made["seconds"] > 0
    assert [len(one["reasons"]) for one in made["rejected"]] == [1, 1]
    trailers = git(store, "log", "-1", "--format=%(trailers)")
    assert (
        "Trainstore-Action: generate" in trailers and f"Request-Digest: {made['request_digest']}" in trailers
    )
    assert git(store, "status", "--porcelain") == ""

    run = Store(store).run(str(version), RunOptions(table, device="cpu", allow_weak_sandbox=True)).record
    assert run.outcome == "succeeded" and run.scored_metrics and run.scored_metrics["accuracy"] is not None
    assert KEY not in git(store, "log", "-p", "--all") + "".join(steps) + "".join(told) + run.output

    again = Store(store).generate(table, OPTIONS)
    assert again.cached and again.cached.version == version and again.cached.scored == run.scored_metrics
    assert len(server.requests) == 3
    assert again.saves.unchanged == [version]


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (reply(CODE + "def broken(:\n"), "syntax error at line"),
        (reply("import nowhere_to_be_found\n" + CODE), "module nowhere_to_be_found is not installed"),
        (reply("import subprocess\n" + CODE), "the module subprocess starts programs"),
        (reply(CODE.replace("lr=0.01", "rate=0.01")), "train_model does not take it"),
        (reply(search_space=[]), "search_space is empty"),
        (reply(search_space=[{**SPACE[0], "default": 5.0}]), "outside"),
        (reply(CODE.replace("train_model", "train")), "no function train_model"),
        (reply(confidence=80), "confidence must be a number"),
        ("", "holds no JSON object"),
        (reply()[:-40], "cut short"),
    ],
    ids=["syntax", "import", "screen", "signature", "no space", "default", "name", "confidence", "empty", "cut"],
)  # fmt: skip
def test_what_can_be_seen_is_told_without_running_anything(
    store: Repository, table: str, server: ModelServer, unchanged: Unchanged, first: str, why: str
) -> None:
    server.queue(first)
    output: list[str] = []
    options = GenerateOptions(repairs=0)
    with pytest.raises(GenerationFailed, match="No function that served-large wrote passed"):
        Store(store).generate(table, options, listener=Listener(on_output=output.append))
    (rejected,) = unchanged.rejected()
    assert why in " ".join(rejected["reasons"])
    assert rejected["reply"] == first and output == []


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("    losses = []", "    raise SystemExit(3)", "SystemExit"),
        ("return self.layers(X - self.mean)", "return self.layers(X - self.mean) if self.training else X.nothing", "could not predict on raw X"),
        ("width=16, epochs=20):", "width=16, epochs=20):\n    width = 90_000", "kB are wanted"),
    ],
    ids=["exit", "no predictions", "too large"],
)  # fmt: skip
def test_what_the_trial_shows_goes_back_to_the_model(
    store: Repository, table: str, server: ModelServer, unchanged: Unchanged, old: str, new: str, why: str
) -> None:
    assert old in CODE
    server.queue(reply(CODE.replace(old, new)))
    with pytest.raises(GenerationFailed):
        Store(store).generate(table, replace(OPTIONS, repairs=0, max_model_kb=100))
    (rejected,) = unchanged.rejected()
    assert why in rejected["reasons"][0]


def test_code_that_loops_for_ever_is_ended(
    store: Repository, table: str, server: ModelServer, unchanged: Unchanged
) -> None:
    server.queue(reply(CODE.replace("    losses = []", "    while True:\n        pass")))
    with pytest.raises(GenerationFailed, match="did not end within 4 s"):
        Store(store).generate(table, replace(OPTIONS, repairs=0, trial_timeout_s=4))
    assert len(unchanged.rejected()) == 1


def test_nothing_is_saved_where_the_model_gives_no_answer(
    store: Repository, table: str, server: ModelServer, unchanged: Unchanged
) -> None:
    server.queue(Says(refusal="No."))
    with pytest.raises(ModelServiceFailed, match="refused: No"):
        Store(store).generate(table, OPTIONS)
    assert unchanged.rejected() == []


def test_ctrl_c_while_a_reply_is_tried_keeps_the_reply_and_saves_nothing(
    store: Repository, table: str, server: ModelServer, unchanged: Unchanged
) -> None:
    server.queue(reply())
    steps: list[str] = []

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Store(store).generate(table, OPTIONS, listener=Listener(steps.append, interrupt))
    (kept,) = unchanged.rejected()
    assert kept["reply"] == reply() and kept["reasons"] == ["its trial was broken off: KeyboardInterrupt"]
    assert steps[-1] == f"the reply is kept in {store.state / 'rejected'}"


def test_a_device_that_is_not_here_is_told_before_a_model_is_asked(
    store: Repository, table: str, server: ModelServer, unchanged: Unchanged
) -> None:
    with pytest.raises(DeviceUnavailable, match=r"Device 'cuda:97' is not here; this machine has .*cpu"):
        Store(store).generate(table, replace(OPTIONS, device="cuda:97"))
    assert server.requests == [] and unchanged.rejected() == []


def test_a_sandbox_that_is_too_weak_is_told_before_a_model_is_asked(
    store: Repository, table: str, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for why_not in ("why_no_unshare", "why_no_landlock", "why_no_seccomp"):
        monkeypatch.setattr(probe, why_not, lambda: "this test says so")
    monkeypatch.setattr(probe, "bubblewrap_program", lambda: None)
    with pytest.raises(SandboxTooWeak, match="this test says so"):
        Store(store).generate(table, replace(OPTIONS, allow_weak_sandbox=False))
    assert server.requests == []


def test_what_a_server_counts_and_calls_itself_cannot_swell_the_record(
    store: Repository, table: str, server: ModelServer
) -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": reply()}]}
    usage = {"input_tokens": 10**4000, "output_tokens": 7}
    server.queue(Raw(200, {"model": "m" * 10**6, "output": [message], "usage": usage}))
    (version,) = Store(store).generate(table, OPTIONS).saves.saved
    made = Store(store).record(version).content["generation"]
    assert made["tokens"] == {"output": 7} and made["reported_model"] == "m" * 200


def test_another_request_is_asked_and_the_same_one_only_with_fresh(
    store: Repository, table: str, server: ModelServer
) -> None:
    server.queue(reply())
    Store(store).generate(table, OPTIONS)
    other = json.loads(reply(CODE.replace("Adam(", "AdamW(")))
    server.queue(json.dumps(other), json.dumps({**other, "model_name": "Other"}))
    fresh = replace(OPTIONS, fresh=True)
    assert [str(saved) for saved in Store(store).generate(table, fresh).saves.saved] == [
        "numpy_array/TinyNet@2"
    ]
    hinted = replace(OPTIONS, hint="small")
    result = Store(store).generate(table, hinted)
    assert [str(saved) for saved in result.saves.saved] == ["numpy_array/Other@1"]
    assert [str(saved.version) for saved in result.near] == ["numpy_array/TinyNet@2"]
    assert 'What the user says: "small"' in server.requests[-1].text
    cached = Store(store).generate(table, OPTIONS).cached
    assert cached and str(cached.version) == "numpy_array/TinyNet@2"
    assert len(server.requests) == 3


def test_what_fits_such_data_is_offered_with_its_scores_and_what_left_the_tree_is_not_given_back(
    store: Repository, tmp_path: Path, table: str, server: ModelServer
) -> None:
    server.queue(reply(), reply(), reply())
    Store(store).generate(table, OPTIONS)
    Store(store).run("TinyNet", RunOptions(table, device="cpu", allow_weak_sandbox=True))
    steps: list[str] = []
    other = save_table(tmp_path / "other.npz", 60)
    run = Store(store).run("TinyNet", RunOptions(other, device="cpu", allow_weak_sandbox=True))
    result = Store(store).generate(other, OPTIONS, listener=Listener(steps.append))
    assert result.cached is None and [str(one.version) for one in result.near] == ["numpy_array/TinyNet@1"]
    assert any(step.startswith("for such data there is numpy_array/TinyNet@1 (accuracy") for step in steps)
    assert result.near[0].run is not None and result.near[0].run.data["source"] == table
    assert run.record.data["source"] == other  # the newer run, on data that it was not made for
    Store(store).undo()
    Store(store).undo()  # the runs; the version can only leave without them
    Store(store).undo(result.near[0].version.commit)
    again = Store(store).generate(table, OPTIONS)
    assert again.cached is None and again.near == [] and len(server.requests) == 3


def test_the_worker_sees_no_key(store: Repository, table: str, server: ModelServer) -> None:
    spying = CODE.replace("    losses = []", '    losses = []\n    print(open("/proc/self/environ").read())')
    hidden = spying.replace("open(", "(lambda *a: __builtins__['op' + 'en'](*a))(")
    output: list[str] = []
    server.queue(reply(hidden))
    options = replace(OPTIONS, repairs=0)
    try:
        Store(store).generate(table, options, listener=Listener(on_output=output.append))
    except GenerationFailed:  # a sandbox may keep it from looking at all
        assert "environ" not in "".join(output)
    assert KEY not in "".join(output) and os.environ["OPENAI_API_KEY"] == KEY


def test_code_that_attacks_reaches_nothing_though_the_screen_does_not_see_it(
    store: Repository, table: str, server: ModelServer, git: Git
) -> None:
    prey = store.root / "prey"
    attack = (
        "    losses = []\n"
        f"    for path in ({str(prey)!r}, {str(store.git_dir / 'prey')!r}):\n"
        "        try:\n"
        "            torch.os.mkdir(path)\n"
        "        except OSError:\n"
        "            pass\n"
        f"    torch.os.kill({os.getpid()}, 9)"
    )
    server.queue(reply(CODE.replace("    losses = []", attack)))
    head = git(store, "rev-parse", "HEAD")
    options = replace(OPTIONS, repairs=0, allow_weak_sandbox=False)
    with pytest.raises((GenerationFailed, SandboxTooWeak)):
        Store(store).generate(table, options)
    assert not prey.exists() and not (store.git_dir / "prey").exists()
    assert git(store, "rev-parse", "HEAD") == head


@pytest.mark.parametrize("given", [{"hint": "x"}, {"model": "m"}, {"parent": "Net"}, {"max_model_kb": 9}])
def test_what_only_a_model_can_do_needs_one(store: Repository, table: str, given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="needs a language model"):
        Store(store).generate(table, GenerateOptions(**given))


@pytest.mark.parametrize(
    "given",
    [
        {"repairs": -1},
        {"rounds": 0},
        {"rounds": 2},
        {"max_model_kb": -5},
        {"max_model_kb": 0},
        {"ask_timeout_s": 0},
        {"device": "gpu"},
        {"hint": "x" * 5000},
    ],
)
def test_numbers_out_of_range_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        GenerateOptions(**given)


def test_the_prompt_tells_of_the_data_and_nothing_of_its_place(
    store: Repository, table: str, server: ModelServer
) -> None:
    plan = Store(store).plan_prompt(table, GenerateOptions(device="mps", max_model_kb=64))
    text = "\n".join(message["content"] for message in plan.messages)
    assert '"shape": [90, 4]' in text and '"label_count": 3' in text
    assert "trained on: mps" in text and "64 kB" in text
    assert str(Path(table).parent) not in text and "$" not in text
    assert (plan.model, server.requests) == ("served-large", [])
