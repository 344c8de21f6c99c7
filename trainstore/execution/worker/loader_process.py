"""Makes new interpreters that a data loader starts what the worker is: devices mapped, forgotten names bound.

``multiprocessing`` runs the parent's main module in them first, under the name ``__mp_main__``. For a function
that needs it, this module takes that place.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack

import torch

from trainstore.execution.worker.device_mapping.mapping import cuda_mapped_to
from trainstore.execution.worker.function_module import provide_names

_VARIABLE = "TRAINSTORE_LOADER_PROCESS"
_for_good = ExitStack()


def prepare_loader_processes(stand_in: torch.device | None, names: Sequence[str]) -> None:
    """Have processes that ``multiprocessing`` starts anew do as this one does."""
    os.environ[_VARIABLE] = json.dumps({"stand_in": stand_in and str(stand_in), "names": list(names)})
    sys.modules["__main__"].__spec__ = importlib.util.find_spec(__name__)


def _become_loader_process() -> None:
    state = json.loads(os.environ[_VARIABLE])
    provide_names(state["names"])
    if state["stand_in"] is not None:
        _for_good.enter_context(cuda_mapped_to(torch.device(state["stand_in"])))


if __name__ == "__mp_main__":
    _become_loader_process()
