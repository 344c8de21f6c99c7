"""Runs one training function on the job's data and claims a result."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from trainstore.execution.arrays import open_part
from trainstore.execution.job_folder import FUNCTION_MODULE, JobFolder
from trainstore.execution.worker.checkpoint import save_checkpoint
from trainstore.execution.worker.code_reading.needs import Needs, read_needs
from trainstore.execution.worker.device_mapping.mapping import cuda_mapped_to
from trainstore.execution.worker.function_error import describe_error
from trainstore.execution.worker.function_module import import_function_module, provide_names
from trainstore.execution.worker.limit_errors import limit_told_by
from trainstore.execution.worker.loader_process import prepare_loader_processes
from trainstore.execution.worker.metrics import InvalidResult, sort_metrics
from trainstore.records.datasets import Features, PartName, Sequences


def train(
    request: dict[str, Any], job: JobFolder, device: torch.device, answer: Callable[[dict[str, Any]], None]
) -> None:
    """Call ``train_model``, save the model into the request's descriptors, and answer with a claim."""
    try:
        claim = _train(request, job, device)
    except InvalidResult as invalid:
        claim = {"outcome": "invalid_result", "reason": str(invalid)}
    except BaseException as error:  # the worker's edge: sys.exit is an outcome, too
        claim = _failure(error)
    answer(claim)


def _train(request: dict[str, Any], job: JobFolder, device: torch.device) -> dict[str, Any]:
    data = [*_tensors(job, "train"), *_tensors(job, "val")]
    needs = read_needs(job.function_file)
    with _prepared(needs, device, data) as given:
        model, metrics = check_pair(_load_function(job)(*data, given, **request["hyperparameters"]))
    recorded = sort_metrics(metrics)
    code = sys.modules[FUNCTION_MODULE]
    try:
        save_checkpoint(model, code, request["weights"], request["structure"], bool(needs.cuda))
    except Exception as error:
        if limit_told_by(error):
            raise
        raise InvalidResult(f"the model cannot be saved: {type(error).__name__}: {error}") from error
    return {"outcome": "succeeded", **vars(recorded)}


def check_pair(returned: object) -> tuple[nn.Module, dict[Any, Any]]:
    """What ``train_model`` returned, if it is a model and its metrics.

    Raises:
        InvalidResult: it is something else; the sentence says what.
    """
    if not isinstance(returned, tuple | list):
        raise InvalidResult(
            f"train_model returned a value of type {type(returned).__name__}, not (model, metrics)"
        )
    if len(returned) != 2:
        raise InvalidResult(f"train_model returned {len(returned)} values, not (model, metrics)")
    model, metrics = returned
    if not isinstance(model, nn.Module):
        raise InvalidResult(
            f"the model that train_model returned is of type {type(model).__name__}, not nn.Module"
        )
    if not isinstance(metrics, dict):
        raise InvalidResult(
            f"the metrics that train_model returned are of type {type(metrics).__name__}, not dict"
        )
    return model, metrics


@contextmanager
def _prepared(
    needs: Needs, device: torch.device, data: Sequence[Tensor | list[Tensor]]
) -> Iterator[torch.device]:
    """Give the code what it needs while it is imported and called; yields the device to call it with."""
    mapped = needs.are_mapped_to(device.type)
    provide_names(needs.missing_imports)
    if mapped or needs.missing_imports:
        prepare_loader_processes(device if mapped else None, needs.missing_imports)
    if not mapped:
        yield device
        return
    tensors = [tensor for part in data for tensor in (part if isinstance(part, list) else [part])]
    with cuda_mapped_to(device, tensors) as given:
        yield given


def _load_function(job: JobFolder) -> Callable[..., object]:
    function = getattr(import_function_module(job.code), "train_model", None)
    if not callable(function):
        raise InvalidResult("the code defines no function train_model")
    return function  # type: ignore[no-any-return]


def _tensors(job: JobFolder, name: PartName) -> tuple[Tensor | list[Tensor], Tensor]:
    part = open_part(job.inputs, name)
    return as_tensors(part.X), torch.from_numpy(part.y)


def as_tensors(features: Features) -> Tensor | list[Tensor]:
    """One tensor, or for sequences a list of tensors (length, channels) that share memory with the array."""
    if not isinstance(features, Sequences):
        return torch.from_numpy(features)
    values = torch.from_numpy(features.values)
    return [values[start:end] for start, end in zip(features.offsets, features.offsets[1:], strict=False)]


def _failure(error: BaseException) -> dict[str, Any]:
    described = describe_error(error)
    outcome = limit_told_by(error) or "failed"
    first_line, more, _ = described["message"].strip().partition("\n")
    told = f"{first_line} …" if more else first_line
    reason = f"{described['type']}: {told}" if told else described["type"]
    return {"outcome": outcome, "reason": reason, "error": described}
