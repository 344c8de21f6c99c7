"""What is settled before untrusted code is imported: seeds, threads, the device, and the record of it all."""

from typing import Any

import torch

from trainstore.execution.worker.determinism import make_deterministic
from trainstore.execution.worker.devices import Refused, resolve
from trainstore.execution.worker.environment import describe_environment

__all__ = ["Refused", "get_ready"]


def get_ready(request: dict[str, Any]) -> tuple[torch.device, dict[str, Any]]:
    """The device to use, and what is in force, for the parent's record.

    Raises:
        Refused: the device asked for is not there.
    """
    make_deterministic(request["seed"], request["threads"])
    device, name = resolve(request["device"])
    state = {
        "device": name,
        "threads": torch.get_num_threads(),
        "environment": describe_environment(device),
    }
    return device, state
