"""The tensors of a model's modules, each piece of memory counted once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from trainstore.execution.model_claim import TENSOR_COUNT
from trainstore.execution.worker.checkpoint import Memory, memory_of
from trainstore.plain_text import one_line
from trainstore.records.model_facts import LONGEST_NAME, TensorFacts

OwnTensors = tuple[Mapping[str, object], Mapping[str, object]]  # parameters, buffers


@dataclass
class TensorCount:
    """What has been counted so far.

    Attributes:
        parameters: values in them.
        trainable: values in those that training may change.
        buffers: values in them.
        listed: how many tensors were described.
        left_out: how many were not, because there are too many or they cannot be read.
    """

    parameters: int = 0
    trainable: int = 0
    buffers: int = 0
    listed: int = 0
    left_out: int = 0
    _first_places: dict[Memory | int, str] = field(default_factory=dict)
    _held: list[Tensor] = field(
        default_factory=list
    )  # so that no other tensor comes to lie in the same memory

    def add_parameters(self, path: str, tensors: Mapping[str, object]) -> dict[str, TensorFacts]:
        """Count a module's own parameters, and describe them."""
        return dict(self._added(path, tensors, are_parameters=True))

    def add_buffers(self, path: str, tensors: Mapping[str, object]) -> dict[str, TensorFacts]:
        """Count a module's own buffers, and describe them."""
        return dict(self._added(path, tensors, are_parameters=False))

    def _added(
        self, path: str, tensors: Mapping[str, object], *, are_parameters: bool
    ) -> Iterator[tuple[str, TensorFacts]]:
        for name, tensor in tensors.items():
            if not isinstance(tensor, Tensor):
                continue
            try:
                facts = self._add(one_line(f"{path}.{name}" if path else name, LONGEST_NAME), tensor)
            except Exception:  # a subclass of the model's own, or a parameter that never got its shape
                self.left_out += 1
                continue
            if facts.tied_to is None:
                self._count(tensor.numel(), facts.trainable, are_parameters)
            if self.listed < TENSOR_COUNT:
                self.listed += 1
                yield one_line(str(name), LONGEST_NAME), facts
            else:
                self.left_out += 1

    def _add(self, path: str, tensor: Tensor) -> TensorFacts:
        memory = memory_of(tensor) if tensor.layout is torch.strided else id(tensor)
        first = self._first_places.setdefault(memory, path)
        self._held.append(tensor)
        return TensorFacts(
            shape=list(tensor.shape),
            dtype=str(tensor.dtype).removeprefix("torch."),
            trainable=isinstance(tensor, nn.Parameter) and tensor.requires_grad,
            tied_to=None if first is path else first,
        )

    def _count(self, values: int, trainable: bool, are_parameters: bool) -> None:
        if are_parameters:
            self.parameters += values
            self.trainable += values if trainable else 0
        else:
            self.buffers += values


def own_tensors(module: nn.Module) -> OwnTensors:
    """A module's own parameters and buffers by name; of a quantised one, its weights and biases."""
    if not is_packed(module):
        return module._parameters, module._buffers
    return _unpacked(module)


def is_packed(module: nn.Module) -> bool:
    """Whether it keeps its weights in a form of torch's own, as quantised modules do, instead of in parameters."""
    of_torch = any(kind.__module__.startswith("torch.ao.nn.") for kind in type(module).__mro__)
    return of_torch and any(callable(getattr(module, name, None)) for name in ("weight", "get_weight"))


def _unpacked(module: nn.Module) -> OwnTensors:
    found: dict[str, object] = {}
    for one, all_of_them in (("weight", "get_weight"), ("bias", "get_bias")):
        if callable(get := getattr(module, all_of_them, None)):
            found |= get()
        elif callable(get := getattr(module, one, None)):
            found[one] = get()
    # Without a gradient: training cannot reach what is packed.
    parameters = {name: tensor.detach() for name, tensor in found.items() if isinstance(tensor, Tensor)}
    state = nn.Module.state_dict(module)
    return parameters, {name: value for name, value in state.items() if name not in found}
