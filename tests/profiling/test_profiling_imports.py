"""Heavy libraries are loaded only where a data set needs them."""

import subprocess
import sys

import pytest

PRINT_HEAVY = (
    "; import sys; print(sorted({'sklearn', 'scipy', 'torch', 'pandas', 'dvc', 'git'} & set(sys.modules)))"
)


@pytest.mark.parametrize("module", ["load_dataset", "from_arrays", "data_profile", "split_dataset"])
def test_no_heavy_library_comes_with_the_module(module: str) -> None:
    code = f"import trainstore.profiling.{module}" + PRINT_HEAVY
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_tensors_are_taken_without_torch() -> None:
    code = """
from trainstore.profiling.from_arrays import from_arrays
import numpy as np

class Tensor:  # as much of a tensor as is asked of it
    detach = cpu = lambda self: self
    numpy = lambda self: np.eye(3)

from_arrays(Tensor(), [0, 1, 2], Tensor(), [0, 1, 2])
"""
    done = subprocess.run(
        [sys.executable, "-c", code + PRINT_HEAVY[2:]], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
