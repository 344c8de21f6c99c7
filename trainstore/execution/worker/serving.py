"""Answers questions about one restored model, until the other side hangs up."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import torch
from numpy.typing import NDArray

from trainstore.execution.arrays import pack, unpack
from trainstore.execution.frames import FrameError, read_frame, write_frame
from trainstore.execution.worker.determinism import seed_everything
from trainstore.execution.worker.device_mapping.mapping import cuda_mapped_to
from trainstore.execution.worker.forward_pass import predict
from trainstore.execution.worker.function_error import describe_error
from trainstore.execution.worker.model_description import describe_model
from trainstore.execution.worker.restored_model import RestoredModel, demands_cuda, restore_model
from trainstore.records.datasets import Features, Sequences


def serve(request: dict[str, Any], device: torch.device, answer: Callable[[dict[str, Any]], None]) -> None:
    """Restore the model, say so, then answer each question, or tell the error it met."""
    with ExitStack() as mapping:
        if device.type != "cuda" and demands_cuda(request["structure"]):
            mapping.enter_context(cuda_mapped_to(device))
        try:
            restored = restore_model(request["weights"], request["structure"], device)
        except BaseException as error:  # the worker's edge: the model's own code runs while it is restored
            answer({"ok": False, "error": describe_error(error)})
            return
        answer({"ok": True})
        _answer_questions(request, restored, device)


def _answer_questions(request: dict[str, Any], restored: RestoredModel, device: torch.device) -> None:
    while True:
        try:
            header, body = read_frame(request["questions"])
        except FrameError:
            return
        try:
            seed_everything(request["seed"])  # a model that draws numbers draws the same ones each time
            reply, data = _answer(header, body, request["batch_size"], restored, device)
        except BaseException as error:  # the worker's edge, as above
            write_frame(request["answers"], {"ok": False, "error": describe_error(error)})
        else:
            write_frame(request["answers"], {"ok": True, **reply}, data)


def _answer(
    header: dict[str, Any], body: bytearray, batch_size: int, restored: RestoredModel, device: torch.device
) -> tuple[dict[str, Any], bytes]:
    """What is added to the answer's header, and its body."""
    features = _features(header, body)

    def outputs() -> NDArray[Any]:
        return predict(restored.module, features, device, batch_size, header["swapped_axes"])

    if header["ask"] == "description":
        return {}, describe_model(restored, outputs)
    arrays, data = pack([outputs()])
    return {"arrays": arrays}, data


def _features(header: dict[str, Any], body: bytearray) -> Features:
    arrays = unpack(header["arrays"], body)
    return arrays[0] if len(arrays) == 1 else Sequences(values=arrays[0], offsets=arrays[1])
