"""Remembers which tensors the code moved to the host, where the CPU stands in for the GPU as well."""

from typing import Any

from torch import Tensor
from torch.multiprocessing import reductions

_FIRST_SWEEP = 1_000


class HostTensors:
    """Memory that a GPU's code would know to be the host's.

    On a GPU ``model.cpu()`` copies, and so does ``x.cuda()``. Where both are the CPU they would give the same
    memory again, and a best state kept by ``.cpu()`` would go on changing. So a move between the two copies.
    """

    def __init__(self) -> None:
        self._held: dict[int, Any] = {}
        self._sweep_at = _FIRST_SWEEP

    def add(self, tensor: Tensor) -> Tensor:
        """Note that a tensor lies on the host, and return it."""
        if (reference := _memory(tensor)) is not None:
            self._held[reference.cdata] = reference
            if len(self._held) > self._sweep_at:
                self._held = {key: held for key, held in self._held.items() if not held.expired()}
                self._sweep_at = max(_FIRST_SWEEP, 2 * len(self._held))
        return tensor

    def __contains__(self, tensor: Tensor) -> bool:
        reference = _memory(tensor)
        return reference is not None and reference.cdata in self._held


def _memory(tensor: Tensor) -> Any:
    """A reference to a tensor's memory that does not keep it, but keeps its number from being used again."""
    try:
        return reductions.StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]
    except (NotImplementedError, ValueError):  # sparse tensors and parameters without a shape yet have none
        return None
