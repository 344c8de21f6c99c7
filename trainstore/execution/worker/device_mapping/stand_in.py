"""The device that stands in for CUDA in this process, and what is asked of it."""

import sys
from typing import Any

import torch

from trainstore.execution.job_folder import FUNCTION_MODULE


class StandIn:
    """Holds the device; there is one mapping in a process, and None while there is none."""

    device: torch.device | None = None


def mapped(device: Any) -> Any:
    """The device to use where ``device`` is asked for, which may be a name, a number or None."""
    return StandIn.device if StandIn.device is not None and is_cuda(device) else device


def is_cuda(device: Any) -> bool:
    """Whether an argument that names a device names a GPU of CUDA; a bare number does."""
    if isinstance(device, torch.device):
        return device.type == "cuda"
    if isinstance(device, str):
        return device.partition(":")[0] == "cuda"
    return isinstance(device, int) and not isinstance(device, bool)


def asked_by_function(depth: int) -> bool:
    """Whether the caller at a depth is the training function's own code.

    Libraries are told the truth: torch itself would take paths that need a GPU.
    """
    return sys._getframe(depth + 1).f_globals.get("__name__") == FUNCTION_MODULE
