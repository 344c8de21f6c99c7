"""Starts the worker of a supervisor as a new program."""

import subprocess

from trainstore.execution.supervisor.orders import Orders


def start_program(orders: Orders, output: int) -> int:
    """Start the worker, in a session of its own and with no descriptors but those of the orders.

    Args:
        orders: with its command line.
        output: descriptor for what it prints.

    Returns:
        Its process id; the supervisor buries it with all its other children.
    """
    worker = subprocess.Popen(
        orders.command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=orders.passed,
    )
    worker.returncode = 0  # so that it does not look for the process's end itself
    return worker.pid
