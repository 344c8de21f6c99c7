"""A supervisor that a fork server made: nobody's child here, but told of, and held by a descriptor."""

import os
import select
import signal
import socket
import subprocess
from contextlib import suppress

_MOST_BYTES = 100
_SERVER_PATIENCE_SECONDS = 5.0
_END_PATIENCE_SECONDS = 20.0


class ServerGone(Exception):
    """The fork server ended."""


class ForkedSupervisor:
    """A supervisor, as `trainstore.execution.supervisor_process` has it.

    Attributes:
        pid: its process id.

    Raises:
        ServerGone: the server ended before it told of the process.
    """

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        try:
            message, descriptors, _, _ = socket.recv_fds(told, _MOST_BYTES, 1)
        except OSError as error:
            raise ServerGone from error
        if not message:
            raise ServerGone
        self.pid = int(message)
        (self._process,) = descriptors
        self._exit_code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; that of a killed process where the server is not there to tell.

        Raises:
            subprocess.TimeoutExpired: it did not end in time.
        """
        if self._exit_code is None:
            self._exit_code = self._wait(timeout)
            self._told.close()
            os.close(self._process)
        return self._exit_code

    def kill(self) -> None:
        """End it at once; nothing happens if it is gone."""
        if self._exit_code is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, signal.SIGKILL)

    def _wait(self, timeout: float | None) -> int:
        ready = _wait_for([self._told.fileno(), self._process], timeout)
        if not ready:
            raise subprocess.TimeoutExpired("the supervisor", timeout or 0.0)
        if _wait_for([self._told.fileno()], _SERVER_PATIENCE_SECONDS):
            with suppress(OSError):
                if message := self._told.recv(_MOST_BYTES):
                    return int(message)
        # Without its server, it ends what it watches, and then itself.
        if not _wait_for([self._process], _END_PATIENCE_SECONDS):
            self.kill()
            _wait_for([self._process], None)
        return -signal.SIGKILL


def _wait_for(descriptors: list[int], seconds: float | None) -> bool:
    """Whether one of them can be read, or has nobody at its other end, in time."""
    waiting = select.poll()
    for descriptor in descriptors:
        waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(None if seconds is None else int(seconds * 1000)))
