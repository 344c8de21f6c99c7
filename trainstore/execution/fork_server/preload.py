"""Imports what workers import. Nothing is computed: threads that a library starts would not be there after a fork."""

import gc
import importlib

_MODULES = (
    "torch",
    "torch.optim",
    "torch._dynamo",  # optimizers import it when they are first used; it takes longer than torch itself
    "torch.utils.data",
    "safetensors.torch",
    "cloudpickle",
    "trainstore.execution.worker.readiness",
    "trainstore.execution.worker.training",
    "trainstore.execution.worker.serving",
)


def preload() -> None:
    """Import it, and have the garbage collector leave it alone, so that workers share its memory."""
    for module in _MODULES:
        try:
            importlib.import_module(module)
        except ImportError:  # a worker says what is missing, where it can be said
            continue
    gc.collect()
    gc.freeze()
