"""A shell that keeps its folder and its variables from one command to the next, as a reader's does."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LONGEST_S = 300
VISIT = Path(__file__).with_name("visit.py")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed on both streams."""

    code: int
    output: str


class Shell:
    """Runs the commands of one page, from its home folder on."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.home = home
        self._state = home / ".state"
        variables = {
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CUDA_VISIBLE_DEVICES": "",
            "COLUMNS": "120",
            "BROWSER": "true",
        }
        self._environment = {**os.environ, **variables}
        self._state.write_text(f"cd '{folder}'\n")

    def run(self, command: str) -> Ended:
        """Run a command where the one before it ended."""
        lines = [
            f". '{self._state}'",
            command,
            "status=$?",
            f"{{ export -p; printf 'cd %q\\n' \"$PWD\"; }} > '{self._state}'",
            "exit $status",
        ]
        ended = subprocess.run(
            ["bash", "-c", "\n".join(lines)], env=self._environment, stdin=subprocess.DEVNULL, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LONGEST_S,
        )  # fmt: skip
        return Ended(ended.returncode, ended.stdout)
