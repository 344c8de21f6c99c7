"""Imports what workers import. Nothing is computed: threads that a library starts would not be there after a fork."""

import gc
import importlib
import linecache
import sys

from trainstore.execution.fork_server.huge_pages import use_huge_pages

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
# torch keeps the stack of the first call that sets a seed, as text.
_SEEDING = (
    "torch.random",
    "torch.cuda",
    "torch.cuda.random",
    "torch._compile",
    "torch._dynamo.eval_frame",
    "trainstore.execution.worker.determinism",
    "trainstore.execution.worker.readiness",
    "trainstore.execution.worker.entry",
    "trainstore.execution.fork_server.forked",
    "trainstore.execution.supervisor.watch",
)


def preload() -> None:
    """Import it, and make forking fast: workers share this memory, and the garbage collector leaves it alone."""
    for module in _MODULES:
        try:
            importlib.import_module(module)
        except ImportError:  # a worker says what is missing, where it can be said
            continue
    for name in _SEEDING:
        linecache.getlines(getattr(sys.modules.get(name), "__file__", ""))
    gc.collect()
    gc.freeze()
    use_huge_pages()
