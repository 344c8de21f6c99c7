"""Maps the devices in calls of torch's functions and tensor methods."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from trainstore.execution.worker.device_mapping.host_tensors import HostTensors
from trainstore.execution.worker.device_mapping.kept_on import kept_on
from trainstore.execution.worker.device_mapping.stand_in import asked_by_function, is_cuda

_GPU = torch.device("cuda", 0)
_PARSE_TO = (
    torch._C._nn._parse_to
)  # how modules read the arguments of ``to``; the tensors follow by themselves


class MappedFunctions(TorchFunctionMode):
    """Sends to ``device`` what is asked of CUDA. ``torch.device`` itself stays what it is.

    Args:
        device: stands in for every GPU.
        on_host: tensors that the code was handed, which it has yet to move to the GPU.
    """

    def __init__(self, device: torch.device, on_host: Iterable[Tensor] = ()) -> None:
        super().__init__()
        self._device = device
        self._host = HostTensors()
        for tensor in on_host:
            self._host.add(tensor)
        self._answers: dict[Any, Callable[..., Any]] = {
            Tensor.cuda: self._cuda,
            Tensor.cpu: self._cpu,
            Tensor.to: self._to,
            Tensor.type: self._type,
            Tensor.pin_memory: lambda tensor, *_, **__: tensor,
            Tensor.register_hook: lambda tensor, hook: tensor.register_hook(kept_on(hook)),
            Tensor.register_post_accumulate_grad_hook: (
                lambda tensor, hook: tensor.register_post_accumulate_grad_hook(kept_on(hook))
            ),
            Tensor.is_cuda.__get__: self._is_cuda,  # type: ignore[attr-defined]
            Tensor.device.__get__: self._device_of,
            Tensor.get_device: self._number_of,
            _PARSE_TO: _PARSE_TO,
        }

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call ``func`` with CUDA's devices replaced; this mode is off while it runs."""
        answer = self._answers.get(func)
        if answer is not None:
            return answer(*args, **(kwargs or {}))
        if torch.device in map(type, args):  # every call of torch's comes through here
            args = self._mapped(args)
        return func(*args, **self._mapped_by_name(kwargs)) if kwargs else func(*args)

    def _mapped(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            self._device if isinstance(argument, torch.device) and argument.type == "cuda" else argument
            for argument in arguments
        )

    def _mapped_by_name(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if is_cuda(arguments.get("device")):
            arguments = {**arguments, "device": self._device}
        if arguments.get("pin_memory"):
            arguments = {**arguments, "pin_memory": False}
        return arguments

    def _cuda(self, tensor: Tensor, *_: Any, memory_format: Any = torch.preserve_format, **__: Any) -> Tensor:
        return self._to_gpu(tensor, tensor.to(self._device, memory_format=memory_format))

    def _cpu(self, tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return self._to_host(tensor, tensor.cpu(*args, **kwargs))

    def _to(self, tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        asked = kwargs.get("device", args[0] if args else None)
        if is_cuda(asked):
            if "device" in kwargs:
                kwargs["device"] = self._device
            else:
                args = (self._device, *args[1:])
            return self._to_gpu(tensor, tensor.to(*args, **kwargs))
        moved = tensor.to(*args, **kwargs)
        return self._to_host(tensor, moved) if asked is not None and str(asked) == "cpu" else moved

    def _to_gpu(self, tensor: Tensor, moved: Tensor) -> Tensor:
        return moved.clone() if moved is tensor and tensor in self._host else moved

    def _to_host(self, tensor: Tensor, moved: Tensor) -> Tensor:
        if moved is tensor:
            if self._device.type != "cpu" or tensor in self._host or is_lazy(tensor):
                return tensor
            moved = tensor.clone()
        return self._host.add(moved)

    def _type(self, tensor: Tensor, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
        if isinstance(dtype, str):
            dtype = dtype.replace("torch.cuda.", "torch.")
        return tensor.type(dtype, *args, **kwargs)

    def _is_cuda(self, tensor: Tensor) -> bool:
        return self._is_on_gpu(tensor) if asked_by_function(2) else tensor.is_cuda

    def _device_of(self, tensor: Tensor) -> torch.device:
        return _GPU if asked_by_function(2) and self._is_on_gpu(tensor) else tensor.device

    def _number_of(self, tensor: Tensor) -> int:
        return 0 if asked_by_function(2) and self._is_on_gpu(tensor) else tensor.get_device()

    def _is_on_gpu(self, tensor: Tensor) -> bool:
        """Whether the code may take it to be there: all that is not known to be on the host, where both are one."""
        if self._device.type == "cpu":
            return tensor not in self._host
        return tensor.device.type == self._device.type
