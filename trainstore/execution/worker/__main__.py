"""Entry of the worker process; its one argument is the job folder."""

import sys

from trainstore.execution.worker.entry import run_job

if __name__ == "__main__":
    run_job(sys.argv[1])
