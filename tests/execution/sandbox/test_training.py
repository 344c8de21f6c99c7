"""Trainings at every level: the same bits, within their bounds, and none at all below the level that is asked for."""

import json
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest

from trainstore.errors import SandboxTooWeak
from trainstore.execution.request import TrainingResult
from trainstore.execution.sandbox import plan
from trainstore.execution.sandbox.levels import SandboxDemand

Train = Callable[..., AbstractContextManager[TrainingResult]]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
Told = Callable[["subprocess.CompletedProcess[str]"], dict[str, Any]]

LEVELS = {"weak": "weak", "partial": "partial"}

LOOK = """
import os, socket, torch

def refused(act, *arguments):
    try:
        act(*arguments)
    except OSError:
        return True
    return False

def train_model(X_train, y_train, X_val, y_val, device):
    torch.manual_seed(3)
    scratch = [os.environ["HOME"], os.environ["TMPDIR"], "/dev/shm"]
    for folder in scratch:
        with open(folder + "/file-of-a-test", "w") as file:
            file.write("x")
        os.remove(folder + "/file-of-a-test")
    return torch.nn.Linear(4, 2), {
        "secret_refused": refused(open, SECRET),
        "write_refused": refused(open, os.path.dirname(SECRET) + "/new", "w"),
        "network_refused": refused(lambda: socket.create_connection(("127.0.0.1", 9), 1)),
        "own_code_refused": refused(open, __file__, "a"),
        "process": os.getpid(),
        "user": os.getuid(),
    }
"""


def test_a_function_computes_and_reaches_nothing_else(
    train: Train, demand: SandboxDemand, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    with train(f"SECRET = {str(tmp_path / 'secret')!r}\n{LOOK}", sandbox=demand) as result:
        assert result.outcome == "succeeded", (result.reason, result.output_tail)
        level = LEVELS.get(demand.most, "strong")
        assert result.sandbox["level"] == level
        bounded = level != "weak"
        assert result.metrics["secret_refused"] is bounded
        assert result.metrics["write_refused"] is bounded
        assert result.metrics["own_code_refused"] is bounded
        assert result.metrics["network_refused"] is True  # nothing listens there
        assert (result.metrics["process"] == 2) is (level == "strong")
        assert ("other_user" in result.sandbox["layers"]) is (result.metrics["user"] > 1_000_000_000)
        missing = result.sandbox["missing"]
        assert not set(missing) & set(result.sandbox["layers"])
        assert all(missing.values())


@pytest.mark.slow
def test_every_level_gives_the_same_bits(
    train_again: Train, trained: TrainingResult, demand: SandboxDemand
) -> None:
    with train_again(sandbox=demand) as result:
        assert result.weights_digest == trained.weights_digest
        assert (result.metrics, result.curves) == (trained.metrics, trained.curves)


DAEMON = """
import os, signal, time
def train_model(X_train, y_train, X_val, y_val, device):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print("daemon", flush=True)
            time.sleep(600)
        os._exit(0)
    time.sleep(600)
"""


def test_an_interruption_ends_all_that_was_started(train: Train, demand: SandboxDemand) -> None:
    before = set(psutil.Process().children(recursive=True))  # of other tests in this process
    seen: list[psutil.Process] = []

    def interrupt(line: str) -> None:
        seen.extend(set(psutil.Process().children(recursive=True)) - before)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), train(DAEMON, interrupt, sandbox=demand):
        pass
    assert len(seen) >= 3  # a supervisor, a worker, a daemon
    assert psutil.wait_procs(seen, timeout=5)[1] == []


def test_a_signal_is_told_as_what_it_is(train: Train, demand: SandboxDemand) -> None:
    code = "import os\ndef train_model(a, b, c, d, device): os.kill(os.getpid(), 11)\n"
    with train(code, sandbox=demand) as result:
        assert result.outcome == "killed"
        assert "SIGSEGV" in (result.reason or "")


def test_below_the_level_asked_for_no_code_is_run(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "ran"
    code = f"open({str(marker)!r}, 'w')\ndef train_model(*arguments): pass"
    with (
        pytest.raises(
            SandboxTooWeak, match=r"is weak, and at least partial .* landlock \(.*left out"
        ) as caught,
        train(code, sandbox=SandboxDemand(least="partial", most="weak")),
    ):
        pass
    assert "--allow-weak-sandbox" in caught.value.hint
    assert not marker.exists()
    monkeypatch.setattr(plan.sys, "platform", "darwin")
    with pytest.raises(SandboxTooWeak, match="only Linux has it"), train(code):
        pass
    assert not marker.exists()


def test_a_worker_that_fails_to_confine_itself_runs_no_code(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skip_without: Callable[[str], None]
) -> None:
    skip_without("partial")
    marker = tmp_path / "ran"
    code = f"open({str(marker)!r}, 'w')\ndef train_model(*arguments): pass"
    # A rule for everything: Landlock is set, and the worker finds that it holds nothing back.
    monkeypatch.setattr("trainstore.execution.confined_worker._rules", lambda *_, **__: [("/", 13)])
    monkeypatch.setattr("trainstore.execution.sandbox.probe.why_no_seccomp", lambda: "not here")
    demand = SandboxDemand(least="partial", namespaces="bubblewrap")
    monkeypatch.setattr("trainstore.execution.sandbox.probe.why_no_bubblewrap", lambda _: "")
    with pytest.raises(SandboxTooWeak, match="can still be read"), train(code, sandbox=demand):
        pass
    assert not marker.exists()


@pytest.mark.slow
def test_in_a_container_that_forbids_namespaces_the_level_is_partial_and_says_why(
    run_script: Run, in_container: Callable[[str], str], run_training_script: str, told: Told,
    skip_without: Callable[[str], None],
) -> None:  # fmt: skip
    skip_without("partial")
    result = told(run_script(in_container(run_training_script), "{}"))
    assert result["outcome"] == "succeeded", result
    assert result["sandbox"]["level"] == "partial"
    assert {"landlock", "seccomp"} <= set(result["sandbox"]["layers"])
    why = result["sandbox"]["missing"]["namespaces"]
    assert "bubblewrap: " in why and "unshare: " in why and "not permitted" in why
    refused = told(run_script(in_container(run_training_script), '{"least": "strong"}'))
    assert refused["error"] == "SandboxTooWeak"
    assert why in refused["message"]


@pytest.mark.slow
@pytest.mark.parametrize("contained", [False, True], ids=["free", "container"])
def test_an_ordinary_user_is_kept_in_bounds_too(
    run_as_user: Run, demand: SandboxDemand, in_container: Callable[[str], str], contained: bool,
    run_training_script: str, told: Told,
) -> None:  # fmt: skip
    script = in_container(run_training_script) if contained else run_training_script
    result = told(run_as_user(script, json.dumps(asdict(demand))))
    if contained and demand.least == "strong":
        assert result["error"] == "SandboxTooWeak"
        return
    assert result.get("outcome") == "succeeded", result
    assert result["sandbox"]["level"] == LEVELS.get(demand.most, "strong")
    assert result["metrics"]["user"] != 0
    assert result["sandbox"]["missing"]["other_user"]
    assert ("process_count" in result["sandbox"]["layers"]) is (demand.least == "strong")


@pytest.mark.slow
def test_without_bubblewrap_own_namespaces_take_its_place(
    train: Train, monkeypatch: pytest.MonkeyPatch, skip_without: Callable[[str], None]
) -> None:
    skip_without("unshare")
    monkeypatch.setenv("PATH", "/nowhere")
    with train("import torch\ndef train_model(*_, **__): return torch.nn.Linear(1, 1), {}") as result:
        assert result.outcome == "succeeded", result.output_tail
        assert result.sandbox["level"] == "strong"
        assert result.sandbox["missing"]["bubblewrap"] == "the program bwrap is not installed"
