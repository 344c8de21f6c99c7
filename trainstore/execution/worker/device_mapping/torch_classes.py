"""Parts of torch that take a device and are no functions which a mode could see."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._device import DeviceContext
from torch.utils.data import DataLoader

from trainstore.execution.worker.device_mapping.stand_in import asked_by_function, mapped

_start_loader = DataLoader.__init__
_start_device_context = DeviceContext.__init__
_load = torch.load
_set_default_tensor_type = torch.set_default_tensor_type
_Generator = torch.Generator
_move_module = nn.Module.to
_current_accelerator = torch.accelerator.current_accelerator
_has_accelerator = torch.accelerator.is_available


def start_loader(self: DataLoader[Any], *args: Any, **kwargs: Any) -> None:
    """A loader whose batches stay in ordinary memory: what is pinned is pinned for a GPU."""
    _start_loader(self, *args, **kwargs)
    self.pin_memory = False


def start_device_context(self: DeviceContext, device: Any) -> None:
    """``with torch.device("cuda"):`` and ``torch.set_default_device("cuda")``."""
    _start_device_context(self, mapped(device))


def load(f: Any, map_location: Any = None, *args: Any, **kwargs: Any) -> Any:
    """``torch.load`` to the device that stands in."""
    if isinstance(map_location, dict):
        map_location = {source: str(mapped(target)) for source, target in map_location.items()}
    return _load(f, mapped(map_location), *args, **kwargs)


def set_default_tensor_type(kind: Any) -> None:
    """``torch.cuda.FloatTensor`` as a name means the CPU's type."""
    _set_default_tensor_type(kind.replace("torch.cuda.", "torch.") if isinstance(kind, str) else kind)


def move_module(self: nn.Module, *args: Any, **kwargs: Any) -> nn.Module:
    """``model.to(0)``: torch knows no device by a number where there is no GPU. Its tensors are mapped one by one."""
    if args and type(args[0]) is int:
        args = (torch.device("cuda", args[0]), *args[1:])
    if type(kwargs.get("device")) is int:
        kwargs["device"] = torch.device("cuda", kwargs["device"])
    return _move_module(self, *args, **kwargs)


class _OfAnyGenerator(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _Generator)


class Generator(metaclass=_OfAnyGenerator):
    """A generator of the device that stands in."""

    def __new__(cls, device: Any = "cpu") -> Any:
        return _Generator(mapped(device))


def compile(model: Any = None, **_: Any) -> Any:
    """What was written for a GPU's compiler runs uncompiled, and gives what it would have given."""
    return model if model is not None else lambda function: function


def compile_module(self: nn.Module, *_: Any, **__: Any) -> None:
    """``model.compile()`` likewise."""


def has_torch_function(arguments: Iterable[Any]) -> bool:
    """Whether an argument is of a class with functions of its own.

    The true one says so of every tensor while a mode is on, and modules then leave their fast paths, which
    would change the last bits.
    """
    return any(
        isinstance(argument, Tensor) and type(argument) not in (Tensor, nn.Parameter)
        for argument in arguments
    )


def move_storage(self: Any, *_: Any, **__: Any) -> Any:
    """``storage.cuda()``, as in ``map_location=lambda storage, location: storage.cuda()``."""
    return self


def record_stream(self: Tensor, stream: Any) -> None:
    """Tells a GPU's allocator who uses a tensor; torch refuses streams that are not its own."""


def current_accelerator(check_available: bool = False) -> torch.device | None:
    """CUDA to the training function; libraries are told the truth."""
    return torch.device("cuda") if asked_by_function(1) else _current_accelerator(check_available)


def has_accelerator() -> bool:
    """``torch.accelerator.is_available()``, likewise."""
    return asked_by_function(1) or _has_accelerator()


REPLACED: list[tuple[object, str, object]] = [
    (DataLoader, "__init__", start_loader),
    (DeviceContext, "__init__", start_device_context),
    (torch, "load", load),
    (torch, "set_default_tensor_type", set_default_tensor_type),
    (torch, "Generator", Generator),
    (torch, "compile", compile),
    (nn.Module, "to", move_module),
    (nn.Module, "compile", compile_module),
    (Tensor, "record_stream", record_stream),
    (torch.UntypedStorage, "cuda", move_storage),
    (torch.TypedStorage, "cuda", move_storage),
    (torch.overrides, "has_torch_function", has_torch_function),
    (torch.accelerator, "current_accelerator", current_accelerator),
    (torch.accelerator, "is_available", has_accelerator),
]
