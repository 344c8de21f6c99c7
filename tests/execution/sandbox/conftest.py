"""Sandboxes to test in, each of which may be impossible on a machine; and processes in containers."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.execution.sandbox import probe
from trainstore.execution.sandbox.levels import SandboxDemand

ROOT = Path(__file__).parents[3]

DEMANDS = {
    "weak": SandboxDemand(least="weak", most="weak"),
    "partial": SandboxDemand(least="partial", most="partial"),
    "bubblewrap": SandboxDemand(least="strong", namespaces="bubblewrap"),
    "unshare": SandboxDemand(least="strong", namespaces="unshare"),
}


def _why_not(name: str) -> str:
    """Why a sandbox of `DEMANDS` cannot be had here; empty if it can."""
    if sys.platform != "linux":
        return "" if name == "weak" else "only Linux has it"
    reasons = {
        "weak": lambda: "",
        "partial": lambda: probe.why_no_landlock() or probe.why_no_seccomp(),
        "bubblewrap": lambda: probe.why_no_bubblewrap(probe.bubblewrap_program()),
        "unshare": probe.why_no_unshare,
    }
    return (reasons["partial"]() if name != "weak" else "") or reasons[name]()


@pytest.fixture(params=list(DEMANDS))
def demand(request: pytest.FixtureRequest) -> SandboxDemand:
    """Each sandbox in turn."""
    if why := _why_not(request.param):
        pytest.skip(f"no {request.param} here: {why}")
    return DEMANDS[request.param]


@pytest.fixture
def skip_without() -> Callable[[str], None]:
    """Skip a test, with the reason, where a sandbox is not to be had."""

    def skip(name: str) -> None:
        if why := _why_not(name):
            pytest.skip(f"no {name} here: {why}")

    return skip


@pytest.fixture
def run_script() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run Python code in a process of its own, which may do what it likes to itself."""

    def run(script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", script, *arguments],
            capture_output=True, text=True, check=False, cwd=ROOT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    return run


@pytest.fixture
def run_training_script() -> str:
    """Code that trains at the demand given as JSON, and prints result and level as JSON."""
    return TRAIN


TRAIN = """
import json, sys
import numpy as np
from trainstore.errors import TrainstoreError
from trainstore.execution.limits import Limits
from trainstore.execution.request import TrainingRequest
from trainstore.execution.run_training import run_training
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.records.datasets import Part

part = Part(np.ones((8, 4), np.float32), np.zeros(8, np.int64))
code = "import os, torch\\ndef train_model(a, b, c, d, device): return torch.nn.Linear(2, 2), {'user': os.getuid()}"
demand = SandboxDemand(**json.loads(sys.argv[1]))
request = TrainingRequest(code, {"train": part, "val": part}, sandbox=demand, limits=Limits(wall_seconds=200))
try:
    with run_training(request, lambda line: None) as result:
        print(json.dumps({
            "outcome": result.outcome, "digest": result.weights_digest, "metrics": dict(result.metrics),
            "sandbox": result.sandbox, "output": result.output_tail, "reason": result.reason,
        }))
except TrainstoreError as error:
    print(json.dumps({"error": type(error).__name__, "message": error.message, "hint": error.hint}))
"""


@pytest.fixture
def in_container() -> Callable[[str], str]:
    """Make of code one that first takes from itself what Docker's default profile takes: namespaces and mounts."""
    return lambda script: CONTAINER + script


CONTAINER = """
import errno as _errno
from trainstore.execution.sandbox.seccomp import _ALLOW, _ANSWER, _LOAD, _NUMBER, _when, _fail, answer_to, install_filter
from trainstore.execution.sandbox.seccomp import _FIRST_ARGUMENT, _IF_ANY_BIT, _NEW_NAMESPACE
from trainstore.execution.sandbox.syscalls_x86_64 import CLONE, CLONE3, DENIED
from trainstore.execution.sandbox.system import SET_NO_NEW_PRIVILEGES, process_control

process_control(SET_NO_NEW_PRIVILEGES, 1, what="prctl")
install_filter([
    (_LOAD, 0, 0, _NUMBER),
    *answer_to([DENIED[name] for name in ("unshare", "setns", "mount", "umount2", "pivot_root")], _errno.EPERM),
    *answer_to([CLONE3], _errno.ENOSYS),
    *_when(CLONE, _FIRST_ARGUMENT, [(_IF_ANY_BIT, 0, 1, _NEW_NAMESPACE), _fail(_errno.EPERM)]),
    (_ANSWER, 0, 0, _ALLOW),
])
"""


@pytest.fixture
def told() -> Callable[["subprocess.CompletedProcess[str]"], dict[str, Any]]:
    """The JSON object that a script printed last."""

    def read(ended: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
        assert ended.returncode == 0, ended.stderr
        found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
        return found

    return read
