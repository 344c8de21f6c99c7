"""Saves a trained model as two files: plain tensors in safetensors, all else in a pickle.

The pickle refers to the tensors by their names in the weights file. It carries the classes of the training
function, so that a model needs no code beside it. Only a worker ever loads it: see ``restored_model``.
"""

import io
import json
import os
import pickle
from types import ModuleType
from typing import Any, TypeGuard

import cloudpickle
import safetensors.torch
import torch
from torch import Tensor, nn

_STORABLE = frozenset(
    {torch.float64, torch.float32, torch.float16, torch.bfloat16}
    | {torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool}
)

Memory = tuple[int, torch.dtype, torch.Size, tuple[int, ...]]


# Stands before the pickle in the structure file, if the model's code demands CUDA.
DEMANDS_CUDA = b"trainstore: demands CUDA\n"


def save_checkpoint(
    model: nn.Module, code: ModuleType, weights: int, structure: int, demands_cuda: bool = False
) -> None:
    """Write a model, moved to the CPU and set to evaluation, to two descriptors.

    Equal weights give equal bytes in the weights file.

    Args:
        model: changed in place.
        code: the module whose classes and functions the structure shall carry.
        weights: descriptor for the safetensors file.
        structure: descriptor for the pickle.
        demands_cuda: whether the code has to have CUDA, or a device that stands in for it.
    """
    # What torch.compile returns is a cover around the module, made for this process only.
    model = getattr(model, "_orig_mod", model).eval().cpu()
    tensors = NamedTensors(nn.Module.state_dict(model, keep_vars=True))
    cloudpickle.register_pickle_by_value(code)
    pickled = io.BytesIO()
    if demands_cuda:
        pickled.write(DEMANDS_CUDA)
    StructurePickler(pickled, tensors).dump(model)
    _overwrite(weights, tensors.serialize())
    _overwrite(structure, pickled.getvalue())


def _overwrite(descriptor: int, data: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


class NamedTensors:
    """The tensors of one weights file, each piece of memory once.

    Names are those of the model's ``state_dict``; other tensors that the model holds are ``_extra.0`` and on.
    """

    def __init__(self, state: dict[str, object]) -> None:
        self._tensors: dict[str, Tensor] = {}
        self._aliases: dict[str, str] = {}
        self._names: dict[Memory | int, str] = {}
        self._extras = 0
        for name, value in state.items():
            if is_plain(value):
                self._add(name, value)

    def name_of(self, tensor: Tensor) -> str:
        """The name under which a tensor's memory is stored."""
        known = self._names.get(memory_of(tensor))
        if known is not None:
            return known
        name = f"_extra.{self._extras}"
        self._extras += 1
        self._add(name, tensor)
        return name

    def serialize(self) -> bytes:
        """The weights file; tied names stand in its metadata.

        They share one key there, because the order of several keys varies.
        """
        aliases = {"aliases": json.dumps(self._aliases, sort_keys=True)} if self._aliases else None
        contents: dict[str, Tensor] = {}
        used: set[int] = set()
        for name, tensor in self._tensors.items():
            contents[name] = _alone_in_its_memory(tensor, used)
            used.add(contents[name].untyped_storage().data_ptr())
        return safetensors.torch.save(contents, metadata=aliases)

    def _add(self, name: str, tensor: Tensor) -> None:
        stored_as = self._names.setdefault(memory_of(tensor), name)
        if stored_as != name:
            self._aliases[name] = stored_as
        else:
            self._tensors[name] = tensor  # held, so that no other tensor can come to lie in the same memory


def is_plain(value: object) -> TypeGuard[Tensor]:
    """Whether safetensors can hold it: a dense tensor of a common type, and no subclass."""
    return (
        type(value) in (Tensor, nn.Parameter)
        and isinstance(value, Tensor)
        and value.layout is torch.strided
        and value.dtype in _STORABLE
        and not (value.is_quantized or value.is_meta or value.is_neg())
    )


def memory_of(tensor: Tensor) -> Memory | int:
    """What two dense tensors have in common that are one in a checkpoint."""
    if tensor.numel() == 0:
        return id(tensor)
    return tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride()


def _alone_in_its_memory(tensor: Tensor, used: set[int]) -> Tensor:
    """A contiguous copy on the CPU, unless the tensor is that and has its memory for itself."""
    tensor = tensor.detach().cpu().contiguous()
    storage = tensor.untyped_storage()
    if storage.nbytes() != tensor.numel() * tensor.element_size() or storage.data_ptr() in used:
        return tensor.clone()
    return tensor


class StructurePickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles a model with references in place of its plain tensors."""

    def __init__(self, file: io.BytesIO, tensors: NamedTensors) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._named = tensors
        self._numbers: dict[int, int] = {}
        self._held: list[Tensor] = []

    def persistent_id(self, value: Any) -> tuple[str, int, bool, bool] | None:
        """For a plain tensor: its name, its own number, whether it is a parameter and needs a gradient."""
        if not is_plain(value):
            return None
        number = self._numbers.setdefault(id(value), len(self._numbers))
        self._held.append(value)  # while it lives, no other object gets its id
        return self._named.name_of(value), number, isinstance(value, nn.Parameter), value.requires_grad

    def reducer_override(self, value: Any) -> Any:
        """For a quantised convolution: its state is a tuple, which lacks what ``nn.Module.__init__`` sets up."""
        if isinstance(value, nn.Module) and type(value).__module__.startswith("torch.ao.nn."):
            state: Any = value.__getstate__()  # type: ignore[no-untyped-call]
            if isinstance(state, tuple):
                return new_module, (type(value),), state
        return super().reducer_override(value)


def new_module(kind: type[nn.Module]) -> nn.Module:
    """A module without a state, for ``__setstate__`` to give it one."""
    module = kind.__new__(kind)
    nn.Module.__init__(module)
    return module
