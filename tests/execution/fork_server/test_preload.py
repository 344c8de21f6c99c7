"""What a fork server does before the first fork: it imports, and asks no GPU anything."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

WATCHED = """
import os
import torch

asked = []
for name in ("is_available", "device_count", "current_device", "init", "_lazy_init"):
    setattr(torch.cuda, name, lambda *_, name=name: asked.append(name))
torch.get_num_threads = torch.set_num_threads = lambda *_: asked.append("threads")

from trainstore.execution.fork_server.preload import preload

preload()
import sys
assert asked == [], asked
assert len(os.listdir("/proc/self/task")) == 1
assert {"torch._dynamo", "torch.optim", "safetensors.torch", "trainstore.execution.worker.serving"} <= set(sys.modules)
assert not {"sklearn", "dvc", "git"} & set(sys.modules)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks workers")
def test_it_computes_nothing_and_touches_no_gpu() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WATCHED], capture_output=True, text=True, check=False, cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "HOME": "/nowhere"},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
