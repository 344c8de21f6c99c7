"""``tune`` and ``studies`` as a person and a program use them, with real workers and real signals."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from json_contract import check, strictly

from trainstore.api import Store
from trainstore.store.git.repository import Repository

Call = Callable[..., Any]

CODE = """\
import torch
from torch import nn


def train_model(X_train, y_train, X_val, y_val, device, lr, width):
    if width == 9:
        raise ValueError("nine")
    model = nn.Sequential(nn.Linear(X_train.shape[1], width), nn.ReLU(), nn.Linear(width, 3)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(10):
        loss = nn.functional.cross_entropy(model(X_train), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model, {"loss": loss.item()}
"""
SPACE = {
    "lr": {"default": 0.01, "type": "Real", "low": 1e-3, "high": 0.1, "prior": "log-uniform"},
    "width": {"default": 4, "type": "Integer", "low": 4, "high": 8},
    "unknown": {"default": 1, "type": "Integer", "low": 1, "high": 2},
}
QUICK = ("--data", "sklearn:iris", "--surrogate", "random", "--device", "cpu")


@pytest.fixture
def net(in_store: Repository, make_record: Callable[..., Any]) -> Repository:
    Store(in_store).save(make_record("Net", CODE, bo_config=SPACE).record.content)
    return in_store


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Net",), "Missing --data"),
        ((*QUICK, "--trials", "3"), "Missing VERSION"),
        (("Net", *QUICK), "Missing --trials"),
        (("Net", *QUICK, "--trials", "3", "--range", "lr=1"), "is not NAME=LOW..HIGH"),
        (("Net", *QUICK, "--trials", "3", "--range", "zig=1..2"), "declares no 'zig'"),
        (("Net", *QUICK, "--trials", "3", "--range", "unknown=1..2"), "does not take it"),
        (("Net", *QUICK, "--trials", "3", "--set", "zig=1"), "no hyperparameter 'zig'"),
        (("Net", *QUICK, "--trials", "3", "--objective", "accuracy"), "no objective 'accuracy'"),
        (("Net", "--resume", "--seed", "1"), "--seed was decided when the study began"),
    ],
)
def test_what_cannot_be_searched_is_told_and_nothing_is_left(
    net: Repository, call: Call, state: Any, arguments: tuple[str, ...], message: str
) -> None:
    before = state(net)
    ended = call("tune", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert state(net) == before
    assert call("studies", "--json").document == {"studies": []}


@pytest.mark.parametrize("arguments", [("--resume",), ("Net", "--resume"), ("--resume", "Net")])
def test_without_a_study_there_is_nothing_to_resume(net: Repository, call: Call, arguments: Any) -> None:
    ended = call("tune", *arguments)
    assert ended.code == 12
    assert "no unfinished study" in ended.err


@pytest.mark.slow
def test_a_study_is_told_as_documented(net: Repository, call: Call) -> None:
    ended = call("tune", "Net", *QUICK, "--trials", "2", "--json")
    assert ended.code == 0, ended.err
    study = strictly(ended.out)
    check(study, "tune")
    assert (study["state"], study["tried"], study["left_out"]) == ("finished", 2, ["unknown"])
    assert study["best"] in study["trials"]
    assert "trial 2 of 2: " in ended.err and re.search(r"trial 1 of 2: [\d.]+, the best so far; ", ended.err)
    check(strictly(call("studies", "--json").out), "studies")
    shown = strictly(call("studies", study["study_id"], "--json").out)
    check(shown, "studies STUDY")
    assert shown == study
    again = call("tune", "--resume", study["study_id"], "--json")
    assert (again.code, strictly(again.out)) == (0, study)
    [run] = call("runs", "--json").document["runs"]
    assert (run["run_id"], run["commit"], run["action"]) == (study["run_id"], study["commit"], "tune")
    told = call("tune", "--resume", study["study_id"]).out
    once = (
        "Net@1",
        study["study_id"],
        f"{study['run_id']} (commit",
        "  run  ",
        "  scored  ",
        "  checkpoint  ",
    )
    assert [told.count(each) for each in once] == [1] * len(once)
    listed, table = call("studies"), call("studies", study["study_id"])
    assert study["study_id"] in listed.out and "2/2" in listed.out
    assert table.out.count("succeeded") >= 2 and "width=" in table.out


@pytest.mark.slow
def test_where_all_trials_fail_the_study_is_kept_and_the_exit_code_says_so(
    net: Repository, call: Call
) -> None:
    ended = call("tune", "Net", *QUICK, "--trials", "2", "--set", "width=9", "--json")
    assert ended.code == 20
    study = strictly(ended.out)
    check(study, "tune")
    assert (study["best"], study["figure"]) == (None, None)
    assert "No trial can be the best: 2 failed." in ended.err
    assert f"trainstore studies {study['study_id']}" in ended.err
    [run] = call("runs", "--json").document["runs"]
    assert (run["run_id"], run["outcome"]) == (study["run_id"], "failed")
    assert "ValueError: nine" in call("logs", study["run_id"]).err


class Started:
    """The program at work on a study."""

    def __init__(self, store: Repository, *arguments: str) -> None:
        self.store = store
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trainstore", "tune", *arguments],
            cwd=store.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def wait_for(self, trials: int) -> None:
        """Wait until so many trials are on disk."""
        deadline = time.monotonic() + 120
        while self.count() < trials:
            assert self.process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)

    def count(self) -> int:
        files = list((self.store.state / "studies").glob("*.jsonl"))
        return files[0].read_text().count('"line":"trial"') if files else 0

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=120)
        return self.process.returncode, out, err


@pytest.mark.slow
def test_kill_9_and_resume_give_the_same_trials_as_without(net: Repository, call: Call) -> None:
    started = Started(net, "Net", *QUICK, "--trials", "4")
    started.wait_for(2)
    assert started.end(signal.SIGKILL)[0] == -signal.SIGKILL
    assert [study["state"] for study in call("studies", "--json").document["studies"]] == ["unfinished"]
    killed = strictly(call("tune", "--resume", "--json").out)
    whole = strictly(call("tune", "Net", *QUICK, "--trials", "4", "--json").out)
    assert len(killed["trials"]) == 4
    for one, other in zip(killed["trials"], whole["trials"], strict=True):
        for name in ("number", "hyperparameters", "value", "outcome", "claimed_metrics", "scored_metrics"):
            assert one[name] == other[name], name
    assert call("verify").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_keeps_the_best_so_far(net: Repository, call: Call, workers: str) -> None:
    started = Started(net, "Net", *QUICK, "--trials", "500", "--workers", workers)
    started.wait_for(2)
    code, out, err = started.end(signal.SIGINT)
    assert code == 130, err
    [study] = call("studies", "--json").document["studies"]
    assert study["state"] == "interrupted" and study["run_id"] in out
    assert f"trainstore tune --resume {study['study_id']}" in err
    assert "Traceback" not in err
    [run] = call("runs", "--json").document["runs"]
    assert run["run_id"] == study["run_id"] and run["checkpoint"] is not None
    assert children_of(started.process.pid) == []
    done = str(study["tried"])
    assert call("tune", "--resume", study["study_id"], "--trials", done).code == 0


def children_of(pid: int) -> list[str]:
    """Return the command lines of processes whose parent a process is, or was when it ended."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append((status.parent / "cmdline").read_text())
        except OSError:
            continue
    return found
