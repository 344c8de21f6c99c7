"""An environment with the lowest DVC that pyproject.toml allows, made once per machine beside .venv."""

import fcntl
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".venv-lowest-dvc"
PYTHON = FOLDER / "bin/python"


def lowest_versions() -> list[str]:
    """The lower bounds of DVC's own packages, as requirements."""
    found = re.findall(r'"(dvc[a-z-]*)>=([\d.]+)', (ROOT / "pyproject.toml").read_text())
    return [f"{name}=={version}" for name, version in found]


def make_environment() -> str | None:
    """Make the environment where it is not there yet; a minute, and some 100 packages from PyPI.

    Returns:
        Why it cannot be had; None where it can.
    """
    wanted, beside = lowest_versions(), Path(sysconfig.get_path("purelib"))
    made, stamp = FOLDER / "installed", "\n".join([*wanted, str(beside)])
    with FOLDER.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several processes share the tests
        if made.exists() and made.read_text() == stamp:
            return None
        commands = [
            [sys.executable, "-m", "venv", "--clear", FOLDER],
            [PYTHON, "-m", "pip", "install", "--quiet", "--retries", "1", *wanted],
        ]
        for command in commands:
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode != 0:
                return (done.stderr.strip() or done.stdout.strip() or "no reason told").splitlines()[-1]
        # What trainstore needs beside DVC comes from the tests' own packages: last on the path, so that DVC's are the old ones.
        (FOLDER / beside.relative_to(sys.prefix) / "beside_dvc.pth").write_text(f"{beside}\n")
        made.write_text(stamp)
    return None
