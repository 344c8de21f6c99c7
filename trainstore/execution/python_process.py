"""How a Python process of ours is started: its command line and the only environment it sees."""

import os
import sysconfig
from pathlib import Path

from trainstore.execution.job_folder import JobFolder
from trainstore.execution.runtime import (
    PORTABLE_ARITHMETIC,
    Interpreter,
    Runtime,
    added_by_user,
    this_interpreter,
)

_PASSED_ON = (
    "LANG",
    "LC_ALL",
    "TZ",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "NVIDIA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
)


def python_command(module: str, *arguments: str, interpreter: Interpreter | None = None) -> list[str]:
    """The command for ``python -m module``, which imports nothing from the current folder.

    Args:
        module: of this package.
        arguments: for the module.
        interpreter: the Python that runs it; this one if not given.
    """
    interpreter = interpreter or this_interpreter()
    without_packages = ["-S"] if interpreter.added else []
    return [interpreter.executable, "-P", "-s", *without_packages, "-m", module, *arguments]


def worker_environment(
    job: JobFolder, device: str, threads: int, runtime: Runtime | None = None
) -> dict[str, str]:
    """The whole environment of a supervisor and its worker: an allow-list, so that no secret gets in."""
    runtime = runtime or Runtime()
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {
        "PATH": "/usr/bin:/bin",
        "HOME": str(job.home),
        "USER": "trainstore",  # its user may have no name
        "TMPDIR": str(job.tmp),
        "TORCHINDUCTOR_CACHE_DIR": str(job.tmp / "inductor"),
        "TORCHINDUCTOR_DETERMINISTIC": "1",
        "PYTHONPATH": _import_path(job, runtime.interpreter),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        **(PORTABLE_ARITHMETIC if runtime.portable else {}),
    }
    if device == "cpu":
        # Code that never looks at its `device` argument would otherwise take a GPU and be recorded as "cpu".
        environment["CUDA_VISIBLE_DEVICES"] = ""
    return environment


def _import_path(job: JobFolder, interpreter: Interpreter) -> str:
    """Where a new interpreter finds what this one has: this package, and what the user's path adds."""
    if interpreter.added:
        return str(job.library)
    own = str(Path(__file__).resolve().parents[2])
    found_anyway = {str(Path(sysconfig.get_path(name)).resolve()) for name in ("purelib", "platlib")}
    return os.pathsep.join([*([] if own in found_anyway else [str(job.library)]), *added_by_user()])
