"""The most memory that a process holds while it stores a checkpoint."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_CHILD = """\
import io, sys
from pathlib import Path

class Zeros(io.RawIOBase):
    left = int(sys.argv[2]) << 20
    def read(self, size=-1):
        size = min(size, self.left)
        self.left -= size
        return bytes(size)

if sys.argv[1]:
    from trainstore.store.checkpoints.tracked import add_checkpoint
    if Zeros.left:
        folder = f"training_runs/numpy_array/Net/{sys.argv[2]}/checkpoint"
        add_checkpoint(Path(sys.argv[1]), folder, {"weights.safetensors": Zeros()})
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) / 1024)
"""


def peak_memory(store: Path, sizes: Sequence[int]) -> dict[str, float]:
    """Return MiB held at most, by what was done: nothing first, then imports, then a checkpoint of each size (MiB)."""
    cases = {"the interpreter alone": ("", 0), "trainstore and DVC imported": (str(store), 0)}
    cases |= {f"a checkpoint of {size:,} MiB": (str(store), size) for size in sizes}
    return {what: _peak(root, size) for what, (root, size) in cases.items()}


def _peak(store: str, size: int) -> float:
    command = [sys.executable, "-c", _CHILD, store, str(size)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
