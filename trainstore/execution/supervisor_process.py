"""The supervisor as its parent has it: a process that can be waited for and killed."""

import subprocess
from collections.abc import Callable, Mapping
from typing import Protocol

from trainstore.execution.job_folder import JobFolder
from trainstore.execution.python_process import python_command
from trainstore.execution.supervisor.orders import Orders


class SupervisorProcess(Protocol):
    """A started supervisor.

    Attributes:
        pid: its process id.
    """

    pid: int

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, negative for the number of a signal.

        Raises:
            subprocess.TimeoutExpired: it did not end in time.
        """

    def kill(self) -> None:
        """End it at once; nothing happens if it is gone."""


# Starts a supervisor with its orders, all its environment variables, its job, and a descriptor for its output.
Start = Callable[[Orders, Mapping[str, str], JobFolder, int], SupervisorProcess]


def start_program(
    orders: Orders, environment: Mapping[str, str], job: JobFolder, output: int
) -> SupervisorProcess:
    """Start a supervisor as a new program."""
    with job.supervisor_errors.open("wb") as errors:
        return subprocess.Popen(
            python_command("trainstore.execution.supervisor", orders.to_json()),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=dict(environment),
            cwd=job.home,
            pass_fds=(orders.lifeline, orders.status, *orders.passed),
            # Ctrl-C reaches the parent alone; what becomes of the worker is the parent's decision.
            start_new_session=True,
        )
