"""The parent's side of a supervised worker: start it, read from it, end it."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType

from trainstore.errors import TrainstoreError, UsageError
from trainstore.execution.interrupts import interrupts_deferred
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.leftovers import end_leftovers
from trainstore.execution.limits import Limits
from trainstore.execution.supervisor.orders import Ending, Orders
from trainstore.execution.supervisor_process import Start, start_program

Reader = Callable[[bytes], None]

GRACE_SECONDS = 20.0

_CHUNK = 1 << 16
_OUTPUT_PIPE_BYTES = 1 << 20
_STATUS_BYTES = 4_096
_BYTES_IN_JSON = 6  # of an escaped character
_SIGNALS_FROM = 128


@dataclass(frozen=True)
class WorkerStart:
    """What a worker is started with.

    Attributes:
        command: its command line.
        environment: all the environment variables it sees.
        descriptors: what it inherits beside its standard streams; closed here once it has them.
        tells_signals_as_codes: whether the command ends with 128 + N when the worker is ended by signal N.
        supervisor: how its supervisor is started.
        bounded_scratch: whether its files are in scratch of its own, whose size the system bounds.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    descriptors: Sequence[int]
    tells_signals_as_codes: bool = False
    supervisor: Start = start_program
    bounded_scratch: bool = False


class Supervised:
    """A worker under a supervisor; leaving the context ends its whole tree.

    Attributes:
        output: descriptor of what the worker prints, as it prints it; lossy if it is not read.
        pid: of the supervisor, whose child the worker is.
    """

    def __init__(self, start: WorkerStart, job: JobFolder, limits: Limits) -> None:
        if os.name != "posix":
            raise UsageError(
                "training functions can be run on Linux and macOS only",
                hint="on Windows, use the Windows Subsystem for Linux",
            )
        self._job = job
        self._tells_signals_as_codes = start.tells_signals_as_codes
        self._most_status_bytes = _STATUS_BYTES + _BYTES_IN_JSON * limits.kept_output_bytes
        lifeline, self._lifeline = os.pipe()
        self._status, status = os.pipe()
        self.output, output = os.pipe()
        _enlarge(output)
        orders = Orders(
            command=list(start.command),
            job=str(job.root),
            parent=os.getpid(),
            lifeline=lifeline,
            status=status,
            passed=list(start.descriptors),
            limits=limits,
            bounded_scratch=start.bounded_scratch,
        )
        try:
            self._process = start.supervisor(orders, start.environment, job, output)
        except BaseException:
            for descriptor in (self._lifeline, self._status, self.output):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (lifeline, status, output, *start.descriptors):
                os.close(descriptor)
        self.pid = self._process.pid

    def __enter__(self) -> "Supervised":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        with interrupts_deferred():  # a second Ctrl-C must not leave what the first one began to end
            self._end()

    def _end(self) -> None:
        self.ask_to_end()
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            end_leftovers(self._job)
        for descriptor in (self._status, self.output):
            os.close(descriptor)

    def ask_to_end(self) -> None:
        """Have the worker's tree ended; ``wait`` then returns soon."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def wait(self, readers: Mapping[int, Reader], patience_s: float | None = None) -> Ending | None:
        """Read the descriptors until all are at their end and the worker's tree is dead.

        Args:
            readers: what to do with what is read, by descriptor.
            patience_s: seconds after which the worker is asked to end; None to wait as long as it runs.

        Returns:
            How the worker ended; None if the supervisor was killed, so that nobody knows.

        Raises:
            TrainstoreError: the supervisor could not do its work.
        """
        status = bytearray()

        def extend_status(chunk: bytes) -> None:
            status.extend(chunk[: self._most_status_bytes + 1 - len(status)])

        readers_and_status = {self._status: extend_status, **readers}
        if not _read_until_end(readers_and_status, patience_s, self._status):
            self.ask_to_end()
            if not _read_until_end(readers_and_status, GRACE_SECONDS, self._status):
                self._process.kill()  # code of the same user can stop it for good
        exit_code = self._process.wait()
        if exit_code:
            end_leftovers(self._job)
        _read_until_end(readers, GRACE_SECONDS)
        if exit_code > 0:
            raise TrainstoreError(f"the worker could not be supervised: {self._supervisor_errors()}")
        if exit_code < 0 or len(status) > self._most_status_bytes:
            return None
        try:
            return self._with_signal(Ending.from_json(bytes(status)))
        except ValueError:  # code of the same user can write into the pipe
            return None

    def _with_signal(self, ending: Ending) -> Ending:
        number = ending.exit_code - _SIGNALS_FROM
        if self._tells_signals_as_codes and number in set(signal.Signals):
            return replace(ending, exit_code=-number)
        return ending

    def _supervisor_errors(self) -> str:
        lines = self._job.supervisor_errors.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it ended without saying why"


def _read_until_end(readers: Mapping[int, Reader], patience_s: float | None, last: int | None = None) -> bool:
    """Read until every descriptor, or the one named by ``last``, is at its end; False if too late."""
    deadline = None if patience_s is None else time.monotonic() + patience_s
    with selectors.DefaultSelector() as selector:
        for descriptor, reader in readers.items():
            selector.register(descriptor, selectors.EVENT_READ, reader)
        while selector.get_map():
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            for key, _ in selector.select(left):
                if chunk := os.read(key.fd, _CHUNK):
                    key.data(chunk)
                    continue
                selector.unregister(key.fd)
                if key.fd == last:
                    return True
    return True


def _enlarge(pipe: int) -> None:
    """Let a burst of output fit into the pipe, where the system can."""
    import fcntl  # not on Windows

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        try:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _OUTPUT_PIPE_BYTES)
        except PermissionError:  # the user's share of pipe memory is used up: the usual size will do
            return
