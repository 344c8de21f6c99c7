"""Forked workers are kept in bounds as others are, end as others do, and leave nothing behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from trainstore.execution.forks import Forks, forks
from trainstore.execution.limits import MIB, Limits
from trainstore.execution.request import TrainingResult
from trainstore.execution.sandbox import plan, probe
from trainstore.execution.sandbox.levels import SandboxDemand

Train = Callable[..., AbstractContextManager[TrainingResult]]
IsGone = Callable[[int], bool]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks workers")

ROOT = Path(__file__).parents[3]
DEMANDS = [
    SandboxDemand(least="weak", most="weak"),
    SandboxDemand(least="weak", most="partial"),
    SandboxDemand(least="weak", namespaces="unshare"),
]
WEAK = DEMANDS[0]
SLEEP = "import time\ndef train_model(*_, **__):\n    print('sleeps', flush=True)\n    time.sleep(600)"


def family() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.mark.parametrize("demand", DEMANDS, ids=["weak", "partial", "strong"])
def test_the_sandbox_holds_and_is_told_of_as_that_of_a_new_worker(
    train: Train, server: Forks, demand: SandboxDemand, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    code = f"""
import os, socket, torch
def refused(act):
    try:
        act()
    except OSError:
        return True
    return False
def train_model(*_, **__):
    return torch.nn.Linear(1, 1), {{
        "read": refused(lambda: open({str(tmp_path / "secret")!r})),
        "write": refused(lambda: open({str(tmp_path / "new")!r}, "w")),
        "socket": refused(lambda: socket.socket()),
        "server": refused(lambda: os.kill({os.getpid()}, 0)),
    }}
"""
    limits = Limits(wall_seconds=120)
    with (
        train(code, sandbox=demand, limits=limits) as new,
        train(code, forks=server, sandbox=demand, limits=limits) as forked,
    ):
        assert forked.outcome == "succeeded", (forked.reason, forked.output_tail)
        assert forked.metrics == new.metrics
        assert forked.sandbox == new.sandbox
        if not (probe.why_no_landlock() or probe.why_no_seccomp()):
            assert all(forked.metrics.values()) is (demand.most != "weak")


def test_where_only_bubblewrap_makes_namespaces_a_new_process_is_started(
    train: Train, server: Forks, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why := probe.why_no_bubblewrap(probe.bubblewrap_program()):
        pytest.skip(why)
    monkeypatch.setitem(plan._WHY_NOT, "unshare", lambda: "not here")
    with train(
        "import torch\ndef train_model(*_, **__): return torch.nn.Linear(1, 1), {}", forks=server
    ) as run:
        assert run.outcome == "succeeded"
        assert "bubblewrap" in run.sandbox["layers"]


LIMITED = {
    "timed_out": ("while True: pass", Limits(wall_seconds=1.0)),
    "out_of_memory": ("import torch; kept = [torch.ones(1 << 24) for _ in range(100)]", Limits(memory_bytes=900 * MIB)),
    "process_limit": (
        "import os, time\nfor _ in range(200):\n    if not os.fork(): time.sleep(60)\ntime.sleep(60)",
        Limits(processes=40),
    ),
    "output_limit": ("while True: print('x' * 10_000)", Limits(output_bytes=MIB)),
    "cpu_limit": ("while True: pass", Limits(cpu_seconds=0.5)),
}  # fmt: skip


@pytest.mark.parametrize("outcome", list(LIMITED))
def test_limits_hold(train: Train, server: Forks, outcome: str) -> None:
    body, limits = LIMITED[outcome]
    indented = body.replace("\n", "\n    ")
    before = set(family())
    with train(f"def train_model(*_, **__):\n    {indented}\n", forks=server, limits=limits) as result:
        assert result.outcome == outcome, (result.reason, result.output_tail)
    left = [one for one in set(family()) - before if "fork_server" not in " ".join(one.cmdline())]
    assert left == []


def test_what_the_server_has_in_memory_counts_once(train: Train, server: Forks) -> None:
    """Three processes of a worker in namespaces share it."""
    code = "import time, torch\ndef train_model(*_, **__):\n    time.sleep(1)\n    return torch.nn.Linear(1, 1), {}"
    with train(code, forks=server, limits=Limits(memory_bytes=450 * MIB)) as result:
        assert result.outcome == "succeeded", result.reason


def test_a_signal_and_an_exit_are_told_as_what_they_are(train: Train, server: Forks) -> None:
    with train("import os\ndef train_model(*_, **__): os.kill(os.getpid(), 11)", forks=server) as result:
        assert (result.outcome, "SIGSEGV" in (result.reason or "")) == ("killed", True)
        assert "Fatal Python error: Segmentation fault" in result.output_tail
    with train("import os\ndef train_model(*_, **__): os._exit(3)", forks=server) as result:
        assert (result.outcome, "exit status 3" in (result.reason or "")) == ("failed", True)


def test_threads_may_share_a_server(train: Train, server: Forks) -> None:
    digests: list[str | None] = []

    def one() -> None:
        code = "import torch\ndef train_model(*_, **__): return torch.nn.Linear(5, 5), {}"
        with train(code, forks=server) as result:
            digests.append(result.weights_digest)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 4 and len(set(digests)) == 1 and None not in digests


def test_when_the_server_is_killed_the_trial_says_so_and_the_next_gets_another(
    train: Train, is_gone: IsGone
) -> None:
    with forks() as own:
        before = set(family())
        seen: list[int] = []

        def kill(line: str) -> None:
            started = set(family()) - before
            seen.extend(one.pid for one in started)
            (found,) = (one for one in started if one.ppid() == os.getpid())
            found.kill()

        with train(SLEEP, kill, forks=own) as result:
            assert result.outcome == "killed"
            assert "process that watched the run" in (result.reason or "")
        assert len(seen) >= 3 and all(map(is_gone, seen))
        with train(
            "import torch\ndef train_model(*_, **__): return torch.nn.Linear(5, 5), {}", forks=own
        ) as result:
            assert result.outcome == "succeeded"


def test_a_worker_that_kills_its_supervisor_leaves_nothing(
    train: Train, server: Forks, is_gone: IsGone
) -> None:
    """It is found by its home folder, although no program was started for it."""
    code = """
import os, signal, time
def train_model(*_, **__):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            print("daemon", os.getpid(), flush=True)
            time.sleep(0.5)
            os.kill(SUPERVISOR, 9)
            time.sleep(600)
        os._exit(0)
    time.sleep(600)
"""
    code = code.replace("SUPERVISOR", "SUPERVISOR[0]").replace(
        "import os,", "import os\nSUPERVISOR = [os.getppid()]\nimport"
    )
    lines: list[str] = []
    with train(code, lines.append, forks=server, sandbox=WEAK) as result:
        assert result.outcome == "killed", (result.reason, result.output_tail)
    assert is_gone(int(lines[0].split()[1]))


PARENT = """
import os, sys
import numpy as np
from trainstore.execution.forks import forks
from trainstore.execution.request import TrainingRequest
from trainstore.execution.run_training import run_training
from trainstore.records.datasets import Part

part = Part(np.ones((8, 4), np.float32), np.zeros(8, np.int64))
code = "import time\\ndef train_model(*_, **__):\\n    print('sleeps', flush=True)\\n    time.sleep(600)"
with forks() as server, run_training(
    TrainingRequest(code, {"train": part, "val": part}, forks=server), print
):
    pass
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_the_parent(is_gone: IsGone, number: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-u", "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"sleeps\n"
    processes = psutil.Process(parent.pid).children(recursive=True)
    folders = {one.cwd() for one in processes if "ts-job-" in one.cwd()}
    folders |= {part for one in processes for part in one.cmdline() if "/ts-data-" in part}
    assert len(processes) >= 3 and folders
    parent.send_signal(number)
    parent.wait()
    parent.stdout.close()
    assert all(is_gone(one.pid) for one in processes)
    deadline = time.monotonic() + 5
    while any(map(os.path.exists, folders)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(os.path.exists, folders))


def test_an_interruption_of_the_terminal_does_not_reach_the_server(train: Train, server: Forks) -> None:
    with train("import torch\ndef train_model(*_, **__): return torch.nn.Linear(5, 5), {}", forks=server):
        pass
    (found,) = (one for one in psutil.Process().children() if "fork_server" in " ".join(one.cmdline()))
    assert os.getsid(found.pid) == found.pid != os.getsid(0)
    before = set(family())

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), train(SLEEP, interrupt, forks=server):
        pass
    assert set(family()) == before


def test_a_server_that_cannot_start_is_done_without(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainstore.execution.forks._SERVER", "trainstore.version")
    with (
        forks() as own,
        train(
            "import torch\ndef train_model(*_, **__): return torch.nn.Linear(5, 5), {}", forks=own
        ) as result,
    ):
        assert result.outcome == "succeeded"


AS_USER = """
import json, sys
import numpy as np, psutil
from trainstore.execution.forks import forks
from trainstore.execution.request import TrainingRequest
from trainstore.execution.run_training import run_training
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.records.datasets import Part

part = Part(np.ones((8, 4), np.float32), np.zeros(8, np.int64))
code = "import os, torch\\ndef train_model(*_, **__): return torch.nn.Linear(2, 2), {'user': os.getuid()}"
demand = SandboxDemand(**json.loads(sys.argv[1]))
told = []
with forks() as server:
    for source in (None, server):
        request = TrainingRequest(code, {"train": part, "val": part}, device="cpu", sandbox=demand, forks=source)
        with run_training(request, print) as result:
            told.append([result.outcome, result.weights_digest, result.metrics, result.sandbox, result.output_tail])
    forked = sum("fork_server" in " ".join(child.cmdline()) for child in psutil.Process().children())
print(json.dumps([*told, forked]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("demand", DEMANDS, ids=["weak", "partial", "strong"])
def test_an_ordinary_user_can_fork_workers_too(
    run_as_user: Callable[..., "subprocess.CompletedProcess[str]"], demand: SandboxDemand
) -> None:
    ended = run_as_user(AS_USER, json.dumps(asdict(demand)))
    assert ended.returncode == 0, ended.stderr
    new, forked, servers = json.loads(ended.stdout.splitlines()[-1])
    assert servers == 1
    assert forked == new
    assert (forked[0], forked[2]["user"] != 0) == ("succeeded", True)
