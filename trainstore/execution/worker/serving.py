"""Answers requests for predictions of one restored model, until the other side hangs up."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainstore.execution.arrays import pack, unpack
from trainstore.execution.frames import FrameError, read_frame, write_frame
from trainstore.execution.worker.determinism import seed_everything
from trainstore.execution.worker.device_mapping.mapping import cuda_mapped_to
from trainstore.execution.worker.function_error import describe_error
from trainstore.execution.worker.restored_model import demands_cuda, restore_model
from trainstore.records.datasets import Features, Sequences

_OUTPUT_NAMES = ("logits", "output", "out")


def serve(request: dict[str, Any], device: torch.device, answer: Callable[[dict[str, Any]], None]) -> None:
    """Restore the model, say so, then answer each request with an array or with the error it met."""
    with ExitStack() as mapping:
        if device.type != "cuda" and demands_cuda(request["structure"]):
            mapping.enter_context(cuda_mapped_to(device))
        try:
            model = restore_model(request["weights"], request["structure"], device)
        except BaseException as error:  # the worker's edge: the model's own code runs while it is restored
            answer({"ok": False, "error": describe_error(error)})
            return
        answer({"ok": True})
        _answer_questions(request, model, device)


def _answer_questions(request: dict[str, Any], model: nn.Module, device: torch.device) -> None:
    while True:
        try:
            header, body = read_frame(request["questions"])
        except FrameError:
            return
        try:
            seed_everything(request["seed"])  # a model that draws numbers draws the same ones each time
            outputs = predict(model, _features(header, body), device, request["batch_size"])
            descriptions, data = pack([outputs])
        except BaseException as error:  # the worker's edge, as above
            write_frame(request["answers"], {"ok": False, "error": describe_error(error)})
        else:
            write_frame(request["answers"], {"ok": True, "arrays": descriptions}, data)


def predict(model: nn.Module, features: Features, device: torch.device, batch_size: int) -> NDArray[Any]:
    """The model's first output for every row of ``features``, in their order.

    Sequences go in batches of equal length, as (rows, length, channels): padding would alter the answer.

    Raises:
        ValueError: the model gives no tensor, or not one row for each row it got.
    """
    rows: list[NDArray[np.int64]] = []
    outputs: list[Tensor] = []
    with torch.no_grad():
        for indices, batch in _batches(features, batch_size):
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


def _features(header: dict[str, Any], body: bytearray) -> Features:
    arrays = unpack(header["arrays"], body)
    return arrays[0] if len(arrays) == 1 else Sequences(values=arrays[0], offsets=arrays[1])
