"""Mixed precision asked of CUDA, old style and new, on the device that stands in for it."""

from typing import Any

import torch
from torch.amp.autocast_mode import autocast
from torch.amp.grad_scaler import GradScaler
from torch.cuda.amp.autocast_mode import autocast as cuda_autocast

from trainstore.execution.worker.device_mapping.stand_in import StandIn, is_cuda

_start_autocast = autocast.__init__
_start_scaler = GradScaler.__init__


def start_autocast(self: autocast, device_type: Any, *args: Any, **kwargs: Any) -> None:
    """``torch.autocast("cuda", …)``; a type that is not given is the device's own, bfloat16 on the CPU."""
    _start_autocast(self, _mapped_type(device_type), *args, **kwargs)


def start_cuda_autocast(
    self: cuda_autocast, enabled: bool = True, dtype: torch.dtype | None = None, cache_enabled: bool = True
) -> None:
    """``torch.cuda.amp.autocast(…)``, whose own default is float16."""
    _start_autocast(self, _mapped_type("cuda"), enabled=enabled, dtype=dtype, cache_enabled=cache_enabled)


def start_scaler(self: GradScaler, device: Any = "cuda", *args: Any, **kwargs: Any) -> None:
    """``GradScaler("cuda")`` and ``torch.cuda.amp.GradScaler()``."""
    _start_scaler(self, _mapped_type(device), *args, **kwargs)


def _mapped_type(device_type: Any) -> Any:
    return StandIn.device.type if StandIn.device is not None and is_cuda(device_type) else device_type


REPLACED = [
    (autocast, "__init__", start_autocast),
    (cuda_autocast, "__init__", start_cuda_autocast),
    (GradScaler, "__init__", start_scaler),
]
