"""Workers for many jobs that are alike: forked from a server that has imported what they import."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from trainstore.errors import TrainstoreError
from trainstore.execution.fork_server.birth import Birth
from trainstore.execution.fork_server.shown_environment import ROOM, ROOM_BYTES
from trainstore.execution.forked_supervisor import ForkedSupervisor, ServerGone
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.placed_inputs import PlacedInputs
from trainstore.execution.python_process import python_command, worker_environment
from trainstore.execution.runtime import Runtime, this_interpreter
from trainstore.execution.supervisor.orders import Orders
from trainstore.execution.supervisor_process import Start, SupervisorProcess, start_program

_SERVER = "trainstore.execution.fork_server"
_START_PATIENCE_SECONDS = 300.0  # torch is large, and a cold disk slow
_END_PATIENCE_SECONDS = 5.0
_READY_BYTES = 10


class Forks:
    """Starts supervisors, each by a fork of a server; there is one for each number of threads and kind of arithmetic.

    Libraries read those when they are loaded. Threads may share it. Where there is no forking, and where a server
    does not come up, supervisors are started as programs.

    Attributes:
        inputs: what the workers read.
    """

    def __init__(self) -> None:
        self.inputs = PlacedInputs()
        self._servers: dict[tuple[int, bool], _Server] = {}
        self._lock = threading.Lock()

    def can_start(self, runtime: Runtime) -> bool:
        """Whether workers that compute with this can be forked here."""
        return _is_possible() and runtime.interpreter == this_interpreter()

    def start(self, threads: int, runtime: Runtime) -> Start:
        """What starts supervisors for workers with so many threads."""
        return partial(self._start, threads, runtime)

    def close(self) -> None:
        """End the servers, and with them what was forked; remove the inputs."""
        with self._lock:
            while self._servers:
                self._servers.popitem()[1].close()
        self.inputs.close()

    def _start(
        self,
        threads: int,
        runtime: Runtime,
        orders: Orders,
        environment: Mapping[str, str],
        job: JobFolder,
        output: int,
    ) -> SupervisorProcess:
        server = self._server(threads, runtime)
        if server is None:
            return start_program(orders, environment, job, output)
        with (
            job.supervisor_errors.open("wb") as errors,
            open(os.devnull, "rb") as nothing,
        ):
            passed = {number: number for number in (orders.lifeline, orders.status, *orders.passed)}
            streams = {0: nothing.fileno(), 1: output, 2: errors.fileno()}
            return server.fork(Birth(orders, environment, str(job.home), {**streams, **passed}))

    def _server(self, threads: int, runtime: Runtime) -> "_Server | None":
        """A server that lives; None where none comes up."""
        key = (threads, runtime.portable)
        with self._lock:
            server = self._servers.get(key)
            if server is not None and not server.lives():
                server.close()
                server = None
            if server is None:
                self._servers[key] = server = _Server(threads, runtime, self.inputs.root)
        return server if server.is_ready() else None


@contextmanager
def forks() -> Iterator[Forks]:
    """Servers that start when they are first needed, and end with the context."""
    opened = Forks()
    try:
        yield opened
    finally:
        opened.close()


class _Server:
    """One process that forks. It holds no data and nothing secret, computes nothing, and ends with this process."""

    def __init__(self, threads: int, runtime: Runtime, inputs: Path) -> None:
        self._lock = threading.Lock()
        self._ready: bool | None = None
        with ExitStack() as opened:
            folder = opened.enter_context(JobFolder.create())
            self._control, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            opened.callback(self._control.close)
            with its, folder.supervisor_errors.open("wb") as errors:
                self._process = subprocess.Popen(
                    python_command(
                        _SERVER, str(its.fileno()), str(os.getpid()), str(folder.root), str(inputs)
                    ),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    env={ROOM: "x" * ROOM_BYTES, **worker_environment(folder, "cpu", threads, runtime)},
                    cwd=folder.home,
                    pass_fds=(its.fileno(),),
                    start_new_session=True,  # Ctrl-C reaches the parent alone
                )
            self._opened = opened.pop_all()

    def lives(self) -> bool:
        return self._process.poll() is None

    def is_ready(self) -> bool:
        """Wait until it has imported everything; False if it ended, or takes too long."""
        with self._lock:
            if self._ready is None:
                self._control.settimeout(_START_PATIENCE_SECONDS)
                try:
                    self._ready = bool(self._control.recv(_READY_BYTES))
                except OSError:
                    self._ready = False
                self._control.settimeout(None)
            return self._ready

    def fork(self, birth: Birth) -> ForkedSupervisor:
        """A supervisor that does as it is told.

        Raises:
            TrainstoreError: the server was ended.
        """
        message, descriptors = birth.to_message()
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with its:
                socket.send_fds(self._control, [message], [its.fileno(), *descriptors])
            return ForkedSupervisor(ours)
        except (OSError, ServerGone) as error:
            ours.close()
            self._process.kill()
            raise TrainstoreError(
                "the process that workers are forked from was ended", hint="Try again."
            ) from error

    def close(self) -> None:
        self._control.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_PATIENCE_SECONDS)
        self._process.kill()
        self._process.wait()
        self._opened.close()


def _is_possible() -> bool:
    return sys.platform == "linux" and hasattr(os, "pidfd_open")
