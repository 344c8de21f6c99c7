"""What a run's numbers may depend on: interpreter, libraries, processor."""

import importlib.metadata
import platform
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

_METADATA = ("METADATA", "PKG-INFO", "")  # the last is the distribution's own file, where it is one
_FIELD = re.compile(r"^(Name|Version): *(.*?) *$", re.MULTILINE)
_DRIVER = Path("/proc/driver/nvidia/version")


def describe_environment(device: torch.device, modules: Sequence[str] = ()) -> dict[str, Any]:
    """Versions and hardware; what there is none of is None.

    Args:
        device: of the run.
        modules: top-level ones that its code imports.

    Returns:
        Also every installed distribution, name -> version, as ``packages``; ``imports`` names those that have the
        modules.
    """
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "platform": platform.platform(),
        "cpu": processor(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cuda": torch.version.cuda if device.type == "cuda" else None,
        "accelerator": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        "driver": _driver() if device.type == "cuda" else None,
        "packages": _packages(),
        "imports": _distributions_with(modules),
    }


def processor() -> str:
    """What the processor is called."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _driver() -> str | None:
    """The release of NVIDIA's kernel driver, which torch does not tell."""
    try:
        told = _DRIVER.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r"\b\d{3,}\.\d+(?:\.\d+)?\b", told)
    return found[0] if found else None


def _packages() -> dict[str, str]:
    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        fields = _name_and_version(distribution)
        # The first one on the path is the one that gets imported; broken metadata has no name.
        if "Name" in fields:
            found.setdefault(fields["Name"], fields.get("Version", ""))
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _name_and_version(distribution: importlib.metadata.Distribution) -> dict[str, str]:
    """The two fields alone: parsing all of them, descriptions included, takes twenty times as long."""
    text = next(filter(None, map(distribution.read_text, _METADATA)), "")
    return dict(reversed(_FIELD.findall(text.partition("\n\n")[0])))


def _distributions_with(modules: Sequence[str]) -> list[str]:
    """The distributions that brought these modules: ``scikit-learn`` for ``sklearn``."""
    if not modules:
        return []
    # A search in the lists of files as they are: parsing them takes a second.
    names = "|".join(map(re.escape, modules))
    brings = re.compile(rf"^(?:{names})(?:/|\.py,|\.[^/,]*(?:so|pyd),)", re.MULTILINE)
    found = set()
    for distribution in importlib.metadata.distributions():
        listed = distribution.read_text("RECORD") or ""
        if any(name in listed for name in modules) and brings.search(listed):
            found.add(_name_and_version(distribution).get("Name", ""))
    return sorted(found - {""})
