"""What a command imports, seen from a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

HEAVY = frozenset(
    {
        "git",
        "dvc",
        "torch",
        "numpy",
        "openai",
        "skopt",
        "sklearn",
        "rich",
        "pygments",
        "asyncio",
        "importlib.metadata",
    }
)
_SCRIPT = (
    "import atexit, sys\n"
    "sys.argv = ['trainstore', *sys.argv[1:]]\n"
    "atexit.register(lambda: print('\\nMODULES', *sys.modules))\n"
    "from trainstore.cli.app import run\n"
    "run()"
)


def heavy_imports(folder: Path, *arguments: str, code: int = 0, **environment: str) -> set[str]:
    """Run a command in a folder, which has to end with a code, and return the heavy libraries that it imported."""
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *arguments],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == code, ended.stderr
    modules = ended.stdout.rpartition("MODULES ")[2].split()
    assert "trainstore.cli.app" in modules
    return HEAVY & set(modules)
