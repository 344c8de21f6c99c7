"""What a run's numbers may depend on: interpreter, libraries, processor."""

import importlib.metadata
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch


def describe_environment(device: torch.device) -> dict[str, Any]:
    """Versions and hardware, with every installed distribution under ``packages``."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "platform": platform.platform(),
        "cpu": processor(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cuda": torch.version.cuda if device.type == "cuda" else None,
        "accelerator": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        "packages": _packages(),
    }


def processor() -> str:
    """What the processor is called."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _packages() -> dict[str, str]:
    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        # The first one on the path is the one that gets imported; broken metadata has no name.
        if name := distribution.metadata["Name"]:
            found.setdefault(name, distribution.version)
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))
