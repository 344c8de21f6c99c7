"""What a forked process does to be as a new one: first as the supervisor, then as its worker."""

import importlib
import multiprocessing
import multiprocessing.process
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping

from trainstore.execution.fork_server.birth import Birth
from trainstore.execution.fork_server.descriptors import place_descriptors
from trainstore.execution.fork_server.shown_environment import show_environment
from trainstore.execution.supervisor.orders import Orders
from trainstore.execution.supervisor.watch import supervise
from trainstore.execution.worker.entry import run_job

_HANDLED_BY_SUPERVISOR = (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP)
_KEY_BYTES = 32
_SET_BY_PYTHON = ("LC_CTYPE",)  # at its start, where the locale would be C; see PEP 538


def supervise_forked(birth: Birth) -> None:
    """Be the supervisor of a worker that is forked, in a session of its own; ends the process."""
    status = 1
    try:
        os.setsid()
        place_descriptors(birth.descriptors)
        os.chdir(birth.folder)
        _take_environment(birth.environment)
        sys.argv[1:] = [birth.orders.job]
        supervise(birth.orders, _fork_worker)
        status = 0
    except BaseException:  # the process's edge
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _take_environment(environment: Mapping[str, str]) -> None:
    """Have this process's variables, and what Python made of those that the server was started with."""
    before = os.environ["PYTHONPATH"].split(os.pathsep)
    found_anyway = [entry for entry in sys.path if entry not in before]
    settled = {name: os.environ[name] for name in _SET_BY_PYTHON if name in os.environ}
    os.environ.clear()
    os.environ.update(settled | dict(environment))
    show_environment(environment)
    sys.path[:] = [*filter(None, environment["PYTHONPATH"].split(os.pathsep)), *found_anyway]
    importlib.invalidate_caches()
    tempfile.tempdir = None
    multiprocessing.process.ORIGINAL_DIR = os.getcwd()  # type: ignore[attr-defined]
    multiprocessing.current_process().authkey = os.urandom(_KEY_BYTES)


def _fork_worker(orders: Orders, output: int) -> int:
    """Start the worker as `trainstore.execution.supervisor.launch` does, without a program to start."""
    worker = os.fork()
    if worker:
        return worker
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in _HANDLED_BY_SUPERVISOR:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        nothing = os.open(os.devnull, os.O_RDONLY)
        passed = {number: number for number in orders.passed}
        place_descriptors({0: nothing, 1: output, 2: output, **passed})
        _open_standard_streams()
        run_job(orders.job)
    except BaseException:  # the process's edge
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


def _open_standard_streams() -> None:
    """Make the streams anew: those there are hold what was true of the server's files, such as that one can seek."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        before = getattr(sys, name)
        stream = os.fdopen(
            number,
            "r" if number == 0 else "w",
            buffering=1 if name == "stderr" else -1,
            encoding=before.encoding,
            errors=before.errors,
            closefd=False,
        )
        stream.buffer.raw.name = before.name  # type: ignore[attr-defined]
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
