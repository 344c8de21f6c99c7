"""What a worker computes with: an interpreter with its packages, and the instructions of its processor."""

import os
import platform
import site
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

# Together, and only together, they give equal bits on processors of different makers.
PORTABLE_ARITHMETIC = {
    "ATEN_CPU_CAPABILITY": "avx2",  # torch's own loops
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # convolutions, recurrent layers
    "MKL_CBWR": "COMPATIBLE",  # products of matrices; MKL knows AVX2 on Intel's processors only
}

_PROCESSORS = ("x86_64", "AMD64")
_INFORMATION = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Interpreter:
    """A Python for workers.

    Attributes:
        executable: its program.
        prefixes: where it and the Python that it was made from are installed.
        packages: the folders of its modules.
        added: those of them that a store's record asked for. A worker that has such begins with the standard library
            alone, and adds them once it is confined: not even a line of a ``.pth`` file runs sooner.
    """

    executable: str
    prefixes: tuple[str, ...]
    packages: tuple[str, ...]
    added: tuple[str, ...] = ()


def this_interpreter() -> Interpreter:
    """The Python that runs this, with what the user's path adds."""
    installed = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    installed |= {folder for folder in site.getsitepackages() if os.path.isdir(folder)}
    return Interpreter(
        sys.executable,
        (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix),
        (*sorted(installed), *added_by_user()),
    )


def added_by_user() -> list[str]:
    """The folders of ``PYTHONPATH``."""
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if os.path.isabs(entry)]


@dataclass(frozen=True)
class Runtime:
    """What a worker computes with.

    Attributes:
        interpreter: its Python.
        portable: whether it keeps to the instructions of `PORTABLE_ARITHMETIC`.
    """

    interpreter: Interpreter = field(default_factory=this_interpreter)
    portable: bool = False


def why_not_portable() -> str:
    """Why there is no portable arithmetic on this processor; empty where there is."""
    if platform.machine() not in _PROCESSORS:
        return f"it is for x86-64 processors, and this one is {platform.machine()}"
    if _INFORMATION.exists() and "avx2" not in _INFORMATION.read_text(errors="replace").split():
        return "this processor has no AVX2"
    return ""
