"""Makes equal runs give equal bits, as far as torch can."""

import random

import numpy as np
import torch

_NUMPY_SEEDS = 1 << 32


def make_deterministic(seed: int, threads: int) -> None:
    """Seed everything, and pin the threads: one and two threads give different bits."""
    torch.set_num_threads(threads)
    # Only a warning, because some operations have no deterministic form on a GPU. The other way to ask for the
    # same, use_deterministic_algorithms, doubles the start by importing torch.compile; the environment asks there.
    torch.set_deterministic_debug_mode("warn")
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    seed_everything(seed)


def seed_everything(seed: int) -> None:
    """Seed Python's, numpy's and torch's generators, those of all GPUs included."""
    random.seed(seed)
    np.random.seed(seed % _NUMPY_SEEDS)
    torch.manual_seed(seed)
