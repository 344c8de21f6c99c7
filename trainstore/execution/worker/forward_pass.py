"""Forward passes of a model over features, and the tensor that stands for an answer."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainstore.records.datasets import Features, Sequences

_OUTPUT_NAMES = ("logits", "output", "out")


def predict(
    model: nn.Module, features: Features, device: torch.device, batch_size: int, swapped_axes: bool = False
) -> NDArray[Any]:
    """The model's first output for every row of ``features``, in their order.

    Sequences go in batches of equal length, as (rows, length, channels): padding would alter the answer.
    With ``swapped_axes`` they go as (rows, channels, length), and images as (rows, height, width, channels).

    Raises:
        ValueError: the model gives no tensor, or not one row for each row it got.
    """
    rows: list[NDArray[np.int64]] = []
    outputs: list[Tensor] = []
    with torch.no_grad():
        for indices, rows_given in _batches(features, batch_size):
            batch = rows_given.movedim(1, -1).contiguous() if swapped_axes else rows_given
            output = first_tensor(model(batch.to(device)))
            if output.ndim == 0 or len(output) != len(batch):
                shape = tuple(output.shape)
                raise ValueError(f"the model answered {len(batch)} rows with an output of shape {shape}")
            rows.append(indices)
            outputs.append(_plain(output))
    together = torch.cat(outputs).numpy()
    return np.asarray(together[np.argsort(np.concatenate(rows), kind="stable")])


def first_tensor(output: object) -> Tensor:
    """The tensor that stands for a model's answer.

    Raises:
        ValueError: there is none.
    """
    match output:
        case Tensor():
            return output
        case dict():
            named = [output[name] for name in _OUTPUT_NAMES if name in output]
            candidates = [*named, *output.values()]
        case tuple() | list():
            candidates = list(output)
        case _:
            candidates = []
    for candidate in candidates:
        if isinstance(candidate, Tensor):
            return candidate
    raise ValueError(f"the model answered with a value of type {type(output).__name__} that holds no tensor")


def _batches(features: Features, batch_size: int) -> Iterator[tuple[NDArray[np.int64], Tensor]]:
    if not isinstance(features, Sequences):
        for start in range(0, len(features), batch_size):
            batch = torch.from_numpy(features[start : start + batch_size])
            yield np.arange(start, start + len(batch)), batch
        return
    values, starts = torch.from_numpy(features.values), features.offsets[:-1]
    lengths = np.diff(features.offsets)
    for length in np.unique(lengths):
        of_length = np.flatnonzero(lengths == length)
        for place in range(0, len(of_length), batch_size):
            indices = of_length[place : place + batch_size]
            yield indices, torch.stack([values[start : start + length] for start in starts[indices]])


def _plain(output: Tensor) -> Tensor:
    """The output on the CPU, in a type that numpy has."""
    output = output.detach().cpu()
    if output.is_quantized:
        output = output.dequantize()
    return output.float() if output.dtype == torch.bfloat16 else output
