"""Training functions that fail, lie, or attack: each ends in an outcome, and nothing is left of it."""

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from trainstore.execution.limits import Limits
from trainstore.execution.request import TrainingResult
from trainstore.execution.sandbox.levels import SandboxDemand

Train = Callable[..., AbstractContextManager[TrainingResult]]

WEAK = SandboxDemand(
    least="weak", most="weak"
)  # where process ids are those of the system, and files are there

HEAD = "import os, sys, time, torch\ndef train_model(X_train, y_train, X_val, y_val, device, **rest):\n"


def test_an_exception_is_told_from_the_function_on(train: Train) -> None:
    code = f"{HEAD}    inner(X_train)\ndef inner(x):\n    raise ValueError('bad \\x1b[1mshape\\ud800\\n' + 'x' * 9000)\n"
    with train(code) as result:
        assert result.outcome == "failed"
        assert result.reason == "ValueError: bad shape …"
        assert result.error is not None
        assert result.error["type"] == "ValueError"
        assert len(result.error["message"]) <= 2_000
        assert (
            'File "training_function.py", line 3, in train_model\n    inner(X_train)'
            in result.error["traceback"]
        )
        assert "trainstore" not in result.error["traceback"]
        assert result.weights is None
        assert result.weights_digest is None
        assert result.environment["torch"]


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        ("    os._exit(0)\n", "failed", "exit status 0 before it gave a result"),
        pytest.param("    os.abort()\n", "killed", "SIGABRT", marks=pytest.mark.slow),
        pytest.param(
            "    os.closerange(3, 4096)\n    return torch.nn.Linear(1, 1), {}\n",
            "failed",
            "exit status",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["os._exit", "abort", "closed"],
)
def test_a_worker_that_ends_without_a_result_has_not_succeeded(
    train: Train, body: str, outcome: str, reason: str
) -> None:
    with train(HEAD + body) as result:
        assert (result.outcome, result.weights, result.error) == (outcome, None, None)
        assert reason in (result.reason or "")


FORGERY = """
    import json
    for number in range(3, 4096):
        try:
            os.write(number, b'{"outcome": "succeeded", "metrics": {"accuracy": 1}}' + chr(10).encode())
        except OSError:
            pass
    os._exit(0)
"""


def test_a_forged_report_fails_for_want_of_weights(train: Train) -> None:
    with train(HEAD + FORGERY) as result:
        assert result.outcome == "invalid_result"
        assert "weights" in (result.reason or "")
        # What was sent before the function was imported cannot be taken back.
        assert result.device["used"] == "cpu"
        assert result.environment["torch"]


@pytest.mark.slow
def test_results_replaced_by_other_files_are_not_followed(train: Train) -> None:
    body = """
    results = os.path.join(os.path.dirname(os.environ["HOME"]), "results")
    for name in os.listdir(results):
        os.unlink(os.path.join(results, name))
        os.mkfifo(os.path.join(results, name))
    return torch.nn.Linear(1, 1), {}
"""
    with train(HEAD + body, sandbox=WEAK) as result:
        assert result.outcome == "succeeded"
        assert result.weights is not None
        assert len(result.weights.read()) > 8


@pytest.mark.slow
def test_a_flood_of_output_is_an_outcome(train: Train) -> None:
    body = "    while True: print('flood ' * 1000)\n"
    with train(HEAD + body, limits=Limits(wall_seconds=120, output_bytes=1 << 20)) as result:
        assert result.outcome == "output_limit"
        assert result.reason == "it printed more than 1 MiB"
        assert 60_000 < len(result.output_tail) <= 64 << 10


DAEMON = """
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import signal
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print("daemon", os.getpid(), flush=True)
            time.sleep(600)
        os._exit(0)
    print("worker", os.getpid(), flush=True)
    while True: pass
"""


def test_an_interruption_ends_the_tree_and_removes_the_folder(
    train: Train, is_gone: Callable[[int], bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pids: list[int] = []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def interrupt(line: str) -> None:
        pids.append(int(line.split()[1]))
        if len(pids) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), train(HEAD + DAEMON, interrupt, sandbox=WEAK):
        pass
    assert all(is_gone(pid) for pid in pids)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_function_that_hangs_is_timed_out_with_all_it_started(
    train: Train, is_gone: Callable[[int], bool]
) -> None:
    started = time.monotonic()
    lines: list[str] = []
    with train(HEAD + DAEMON, lines.append, limits=Limits(wall_seconds=12), sandbox=WEAK) as result:
        assert time.monotonic() - started < 12 + 5
        assert result.outcome == "timed_out"
        assert result.reason == "it ran past its limit of 12 s"
        assert len(lines) == 2
        for line in lines:
            with pytest.raises(ProcessLookupError):
                os.kill(int(line.split()[1]), 0)


def test_a_limit_shorter_than_the_start_is_a_timeout(train: Train) -> None:
    with train(HEAD + "    pass\n", limits=Limits(wall_seconds=0.3)) as result:
        assert result.outcome == "timed_out"
        assert result.device["used"] is None
        assert result.environment == {}
