"""What hardware torch can use here, for a person who wonders whether a run will work."""

from typing import Any

import torch

from trainstore.execution.worker.devices import available_devices
from trainstore.execution.worker.environment import processor


def survey() -> list[dict[str, Any]]:
    """Every device, the preferred one first: its name, what it is, and its own memory in bytes if it has some."""
    return [_describe(name) for name in available_devices()]


def _describe(name: str) -> dict[str, Any]:
    if name.startswith("cuda"):
        properties = torch.cuda.get_device_properties(name)
        return {"name": name, "hardware": properties.name, "memory_bytes": properties.total_memory}
    return {"name": name, "hardware": processor(), "memory_bytes": None}
