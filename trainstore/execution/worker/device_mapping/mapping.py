"""Lets a device stand in for CUDA as long as a context lasts."""

import importlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor

from trainstore.execution.worker.device_mapping import amp, cuda_answers, kept_on, torch_classes
from trainstore.execution.worker.device_mapping.mapped_functions import MappedFunctions
from trainstore.execution.worker.device_mapping.stand_in import StandIn


@contextmanager
def cuda_mapped_to(device: torch.device, on_host: Iterable[Tensor] = ()) -> Iterator[torch.device]:
    """Have ``device`` do what is asked of CUDA.

    Args:
        device: the CPU or ``mps``.
        on_host: tensors that the code is handed; moving them to the GPU copies them, as it would there.

    Yields:
        ``torch.device("cuda")``: what to hand to code that demands it.
    """
    # The first optimiser imports it, and it refuses two functions of torch's that have become the same.
    importlib.import_module("torch._dynamo")
    mode = MappedFunctions(device, on_host)
    with ExitStack() as undone:
        for owner, name, value in (
            (StandIn, "device", device),
            (kept_on.Mode, "on", mode),
            *cuda_answers.REPLACED,
            *amp.REPLACED,
            *torch_classes.REPLACED,
            *kept_on.REPLACED,
        ):
            if hasattr(owner, name):  # torch adds and drops some from release to release
                undone.callback(setattr, owner, name, getattr(owner, name))
                setattr(owner, name, value)
        undone.enter_context(mode)
        yield torch.device("cuda")
