import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.errors import TrainstoreError
from trainstore.execution import supervised
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.limits import Limits
from trainstore.execution.python_process import worker_environment
from trainstore.execution.supervised import Supervised, WorkerStart

Watch = Callable[..., Any]
IsGone = Callable[[int], bool]

DAEMON = """
import os, signal, sys, time
def daemon():
    # Out of the session, out of the process group, an orphan, and deaf to every signal that can be ignored.
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            os.write(writer, str(os.getpid()).encode())
            time.sleep(600)
        os._exit(0)
    os.wait()
    return int(os.read(reader, 100))
"""


def test_exit_status_output_and_duration_are_reported(watch: Watch) -> None:
    watched = watch("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert watched.ending.exit_code == 3
    assert watched.ending.stopped_for is None
    assert sorted(watched.ending.output_tail.split()) == ["err", "out"]
    assert watched.output == watched.ending.output_tail
    assert 0 < watched.ending.duration_s < 10


def test_a_signal_is_reported_as_a_negative_number(watch: Watch) -> None:
    assert watch("import os; os.kill(os.getpid(), 11)").ending.exit_code == -signal.SIGSEGV


def test_the_wall_limit_ends_the_whole_tree(watch: Watch, is_gone: IsGone) -> None:
    started = time.monotonic()
    watched = watch(f"{DAEMON}\nprint(daemon(), flush=True)\nwhile True: pass", Limits(wall_seconds=1))
    assert watched.ending.stopped_for == "wall_limit"
    assert time.monotonic() - started < 6
    assert watched.ending.survivors == 0
    assert is_gone(int(watched.output))


def test_a_daemon_does_not_outlive_a_worker_that_ended_well(watch: Watch, is_gone: IsGone) -> None:
    watched = watch(f"{DAEMON}\nprint(daemon())")
    assert watched.ending.exit_code == 0
    assert is_gone(int(watched.output))


def test_many_processes_that_keep_forking_are_ended(watch: Watch) -> None:
    script = """
import os, time
for _ in range(20):
    if os.fork() == 0:
        while True:
            if os.fork() == 0:
                time.sleep(0.01)
                continue
            os.wait()
time.sleep(600)
"""
    watched = watch(script, Limits(wall_seconds=0.5, processes=100_000))
    assert watched.ending.stopped_for == "wall_limit"
    assert watched.ending.survivors == 0


def test_a_flood_of_output_ends_the_worker_and_its_end_is_kept(watch: Watch) -> None:
    script = "import sys\nfor n in range(100): sys.stdout.write('x' * 1_000_000 + f'<{n}>\\n')"
    watched = watch(script)
    assert watched.ending.stopped_for == "output_limit"
    assert 64 << 20 < watched.ending.output_bytes < 70 << 20
    assert len(watched.ending.output_tail) == 64 << 10


def test_a_closed_standard_output_is_no_reason_to_stop(watch: Watch) -> None:
    watched = watch("import os, time; os.closerange(0, 3); time.sleep(0.3); os._exit(5)")
    assert (watched.ending.exit_code, watched.ending.stopped_for) == (5, None)


def test_the_worker_has_no_descriptor_and_no_variable_beyond_those_given(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    watched = watch(
        "import os; print(os.listdir('/proc/self/fd'), sorted(os.environ), os.getsid(0) == os.getpid())"
    )
    os.close(reader)
    os.close(writer)
    assert "['0', '1', '2', '3']" in watched.output  # 3 lists the folder
    assert "SECRET" not in watched.output
    assert watched.output.strip().endswith("True")


def test_a_supervisor_that_is_killed_leaves_nothing_behind(watch: Watch, is_gone: IsGone) -> None:
    script = f"{DAEMON}\nprint(daemon(), os.getpid(), flush=True)\nos.kill(os.getppid(), 9)\ntime.sleep(600)"
    watched = watch(script)
    assert watched.ending is None
    assert all(is_gone(int(pid)) for pid in watched.output.split())
    assert not watched.job.exists()


def test_a_worker_that_signals_its_supervisor_ends_itself(watch: Watch) -> None:
    watched = watch("import os, time; os.kill(os.getppid(), 15); time.sleep(600)")
    assert watched.ending.stopped_for == "asked"


def test_a_supervisor_that_is_stopped_is_not_waited_for(
    is_gone: IsGone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised, "GRACE_SECONDS", 0.5)
    script = f"{DAEMON}\nprint(daemon(), os.getpid(), flush=True)\nos.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(600)"
    printed = bytearray()
    with JobFolder.create() as job:
        start = WorkerStart([sys.executable, "-S", "-c", script], worker_environment(job, "cpu", 1), [])
        with Supervised(start, job, Limits()) as worker:
            assert worker.wait({worker.output: printed.extend}, patience_s=1.0) is None
    assert all(is_gone(int(pid)) for pid in printed.split())


def test_leaving_the_context_ends_the_worker(is_gone: IsGone) -> None:
    with JobFolder.create() as job:
        start = WorkerStart(
            [sys.executable, "-S", "-c", f"{DAEMON}\nprint(daemon(), flush=True)\ntime.sleep(600)"],
            worker_environment(job, "cpu", 1),
            [],
        )
        with Supervised(start, job, Limits()) as worker:
            daemon = int(os.read(worker.output, 100))
    assert is_gone(daemon)


def test_a_worker_that_cannot_be_started_is_told_with_its_cause() -> None:
    with JobFolder.create() as job:
        start = WorkerStart(["/nowhere/python"], worker_environment(job, "cpu", 1), [])
        with (
            Supervised(start, job, Limits()) as worker,
            pytest.raises(TrainstoreError, match="/nowhere/python"),
        ):
            worker.wait({})


PARENT = """
import os, sys, time
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.limits import Limits
from trainstore.execution.python_process import worker_environment
from trainstore.execution.supervised import Supervised, WorkerStart
with JobFolder.create() as job:
    start = WorkerStart([sys.executable, "-S", "-c", sys.argv[1]], worker_environment(job, "cpu", 1), [])
    with Supervised(start, job, Limits()) as worker:
        if sys.argv[2] == "with a forked copy" and os.fork() == 0:
            os.close(1)
            time.sleep(15)  # the copy holds the lifeline open
            os._exit(0)
        print(os.read(worker.output, 100).decode().strip(), job.root, flush=True)
        worker.wait({})
"""


@pytest.mark.parametrize("kind", ["alone", "with a forked copy"])
def test_nothing_outlives_a_killed_parent(is_gone: IsGone, kind: str) -> None:
    script = f"{DAEMON}\nprint(daemon(), os.getpid(), flush=True)\ntime.sleep(600)"
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, script, kind], stdout=subprocess.PIPE, text=True, cwd=root
    ) as parent:
        assert parent.stdout is not None
        *pids, job = parent.stdout.readline().split()
        parent.kill()
    assert all(is_gone(int(pid)) for pid in pids)
    deadline = time.monotonic() + 5
    while Path(job).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(job).exists()


def test_what_was_opened_for_a_supervisor_that_does_not_start_is_closed() -> None:
    def fail(*_: Any) -> Any:
        raise OSError("no more processes")

    before = sorted(os.listdir("/dev/fd"))
    with JobFolder.create() as job:
        reader, writer = os.pipe()
        with pytest.raises(OSError, match="no more processes"):
            Supervised(WorkerStart([], {}, [writer], supervisor=fail), job, Limits())
        os.close(reader)
    assert sorted(os.listdir("/dev/fd")) == before
