"""Ends the processes of a job whose supervisor was itself killed, by the one mark that they inherit: their environment.

A process that replaced it is not found. Only where code can signal processes outside can it kill a supervisor.
"""

import os
import signal
import time
from contextlib import suppress

import psutil

from trainstore.execution.job_folder import JobFolder

_ROUNDS = 100
_ROUND_SECONDS = 0.02


def end_leftovers(job: JobFolder) -> None:
    """Kill every process whose environment names this job's home folder, until there is none."""
    for _ in range(_ROUNDS):
        left = [process for process in psutil.process_iter() if _belongs_to(job, process)]
        if not left:
            return
        for process in left:
            with suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
        time.sleep(_ROUND_SECONDS)


def _belongs_to(job: JobFolder, process: psutil.Process) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        # A zombie has no environment left and needs no signal.
        return process.environ().get("HOME") == str(job.home)
    except (psutil.Error, OSError):
        return False
