"""Which device each of several workers gets: one GPU each, where there are several."""

from pathlib import Path

from trainstore.execution.survey import survey_machine
from trainstore.workflows.run_options import RunOptions

_GPU_FILES = "nvidia[0-9]*"


def devices_for(options: RunOptions, workers: int) -> list[str]:
    """Return the device of each worker.

    Args:
        options: of the trials; ``auto`` and ``cuda`` leave it open which GPU.
        workers: how many there are at a time.
    """
    several = options.device in ("auto", "cuda") and workers > 1 and _gpu_files() > 1
    names = [str(one["name"]) for one in survey_machine(options.sandbox).devices] if several else []
    gpus = [name for name in names if name.startswith("cuda:")]
    if len(gpus) < 2:
        return [options.device] * workers
    return [gpus[place % len(gpus)] for place in range(workers)]


def _gpu_files() -> int:
    return len(list(Path("/dev").glob(_GPU_FILES)))
