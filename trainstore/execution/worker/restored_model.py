"""Loads a saved model; this runs code that the structure file carries, so only a worker may do it."""

import io
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from trainstore.execution.worker.checkpoint import DEMANDS_CUDA

_CHUNK = 1 << 24


def demands_cuda(structure: int) -> bool:
    """Whether the code of the model in a structure file has to have CUDA, or a device that stands in for it."""
    return os.pread(structure, len(DEMANDS_CUDA), 0) == DEMANDS_CUDA


@dataclass(frozen=True)
class RestoredModel:
    """A model as its checkpoint holds it.

    Attributes:
        module: on its device, set to evaluation.
        packed_bytes: of the tensors that the pickle itself holds, as they are stored: quantised weights, and others
            that safetensors has no form for.
    """

    module: nn.Module
    packed_bytes: int


def restore_model(weights: int, structure: int, device: torch.device) -> RestoredModel:
    """The model of two descriptors, on ``device``.

    Raises:
        TypeError: the structure file holds something else.
    """
    tensors = safetensors.torch.load(_read(weights))
    pickled = _read(structure).removeprefix(DEMANDS_CUDA)
    unpickler = StructureUnpickler(io.BytesIO(pickled), tensors, device)
    model = unpickler.load()
    if not isinstance(model, nn.Module):
        raise TypeError(f"the structure file holds a {type(model).__name__}, not an nn.Module")
    return RestoredModel(model.to(device).eval(), unpickler.packed_bytes)


class StructureUnpickler(pickle.Unpickler):
    """Unpickles a model, putting tensors where the references are; one reference gives one object.

    Attributes:
        packed_bytes: of the tensors that came out of the pickle itself.
    """

    def __init__(self, file: io.BytesIO, tensors: dict[str, Tensor], device: torch.device) -> None:
        super().__init__(file)
        self._tensors = {name: tensor.to(device) for name, tensor in tensors.items()}
        self._restored: dict[int, Tensor] = {}
        self.packed_bytes = 0

    def persistent_load(self, reference: Any) -> Tensor:
        name, number, is_parameter, requires_grad = reference
        if number not in self._restored:
            tensor = self._tensors[name].detach()  # a new object on the same memory
            self._restored[number] = (
                nn.Parameter(tensor, requires_grad) if is_parameter else tensor.requires_grad_(requires_grad)
            )
        return self._restored[number]

    def find_class(self, module: str, name: str) -> Any:
        """The object of that name; where it reads the memory of a tensor, one that counts its bytes too."""
        found = super().find_class(module, name)
        return self._counting(found) if found is torch.storage._load_from_bytes else found

    def _counting(self, load: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        def count(data: bytes) -> Any:
            storage = load(data)
            self.packed_bytes += getattr(storage, "_untyped_storage", storage).nbytes()
            return storage

        return count


def _read(descriptor: int) -> bytes:
    """The whole file; by position, because the parent's reading end has the same offset."""
    parts: list[bytes] = []
    place = 0
    while chunk := os.pread(descriptor, _CHUNK, place):
        parts.append(chunk)
        place += len(chunk)
    return b"".join(parts)
