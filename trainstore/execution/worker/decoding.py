"""Decodes a data file into plain arrays, for the parent to check as it checks any archive."""

import os
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from trainstore.execution.job_folder import JobFolder
from trainstore.execution.worker.function_error import describe_error

Arrays = dict[str, NDArray[Any]]

_NAMES = tuple(f"{letter}{part}" for part in ("", "_train", "_val", "_test") for letter in "Xy")


class Undecodable(Exception):
    """What is in the file cannot be used; the second argument is a hint."""


def decode(request: dict[str, Any], job: JobFolder, answer: Callable[[dict[str, Any]], None]) -> None:
    """Write the arrays of the job's files as an .npz archive into the request's descriptor, and say so."""
    try:
        arrays, columns = _READERS[request["kind"]](request, job)
        with os.fdopen(request["arrays"], "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    except Undecodable as error:
        answer({"ok": False, "reason": error.args[0], "hint": error.args[1]})
    except ImportError as error:
        needed = {"table": "pyarrow", "images": "pillow"}.get(request["kind"], "torch")
        reason = f"it cannot be read here: {error}"
        answer({"ok": False, "reason": reason, "hint": f"pip install {needed}"})
    except BaseException as error:  # the worker's edge: decoders raise anything
        described = describe_error(error)
        reason = f"{described['type']}: {described['message'].strip().partition(chr(10))[0]}"
        answer({"ok": False, "reason": reason, "hint": "Is the file whole, and what its name says?"})
    else:
        answer({"ok": True, "columns": columns})


def _tensors(request: dict[str, Any], job: JobFolder) -> tuple[Arrays, list[str]]:
    """A .pt file of a dictionary that names X and y, or of the pair."""
    try:
        loaded = torch.load(job.inputs / "0", map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise Undecodable(
            "it holds more than tensors, or is no .pt file", "torch.save({'X': X, 'y': y}, PATH)"
        ) from error
    if isinstance(loaded, tuple | list) and len(loaded) == 2:
        loaded = dict(zip("Xy", loaded, strict=True))
    if not isinstance(loaded, dict):
        raise Undecodable(
            f"it holds a value of type {type(loaded).__name__}",
            "torch.save({'X': X, 'y': y}, PATH), or X_train, y_train, X_val, y_val",
        )
    arrays = {name: _plain(name, loaded[name]) for name in _NAMES if name in loaded}
    if not arrays:
        raise Undecodable("it holds no X and y", "torch.save({'X': X, 'y': y}, PATH)")
    return arrays, []


def _plain(name: str, value: object) -> NDArray[Any]:
    if not isinstance(value, torch.Tensor):
        return np.asarray(value)
    tensor = value.detach()
    if tensor.is_sparse or tensor.is_quantized:
        raise Undecodable(
            f"{name} is a sparse or quantised tensor", f"save {name}.to_dense(), or {name}.dequantize()"
        )
    wide = tensor.float() if tensor.is_floating_point() and tensor.dtype != torch.float64 else tensor
    return wide.numpy()


def _table(request: dict[str, Any], job: JobFolder) -> tuple[Arrays, list[str]]:
    """A .parquet table: one column is the target, all others are numbers."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(job.inputs / "0")
    target, names = request["target"], table.column_names
    columns = request["columns"] or [name for name in names if name != target]
    wanted = columns if request["inputs_only"] else [*columns, target]
    for name in wanted:
        if name not in names:
            what = "needs a target column" if name is None else f"no column is named {name!r}"
            raise Undecodable(
                f"{what}; the columns are: {', '.join(names[:20])}",
                f"--target {names[-1] if names else 'COLUMN'}"
                if name == target
                else "Give it the run's columns.",
            )
        if empty := table.column(name).null_count:
            raise Undecodable(
                f"column {name!r} is empty in {empty} rows", "Remove those rows, or fill them in."
            )
    if not columns:
        raise Undecodable(f"{target!r} is its only column", "Add the columns to predict from.")
    arrays = {"X": np.stack([_numbers(table, name) for name in columns], axis=1)}
    if not request["inputs_only"]:
        arrays["y"] = np.asarray(table.column(target).to_pylist())
    return arrays, columns


def _numbers(table: Any, name: str) -> NDArray[Any]:
    from pyarrow import types

    kind = table.schema.field(name).type
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
        raise Undecodable(f"column {name!r} holds {kind}, not numbers", "Encode it as numbers, or remove it.")
    return np.asarray(table.column(name).to_numpy().astype(np.float64))


def _images(request: dict[str, Any], job: JobFolder) -> tuple[Arrays, list[str]]:
    """Images of one size as (N, C, H, W), their values as they are, and the class of each; in parts if they came so."""
    rows = [_pixels(job.inputs / str(number)) for number in range(len(request["labels"]))]
    shapes = sorted({row.shape for row in rows})
    if len(shapes) > 1:
        told = ", ".join(
            f"{width}×{height} with {channels} channels" for channels, height, width in shapes[:5]
        )
        raise Undecodable(
            f"the images differ in size: {told}", "Bring them to one size; trainstore never scales data."
        )
    arrays: Arrays = {}
    labels, parts = np.asarray(request["labels"]), np.asarray(request["parts"])
    for part in sorted(set(request["parts"])):
        places = np.flatnonzero(parts == part)
        ending = f"_{part}" if part else ""
        arrays[f"X{ending}"] = np.stack([rows[place] for place in places])
        arrays[f"y{ending}"] = labels[places]
    return arrays, []


def _pixels(path: Path) -> NDArray[Any]:
    from PIL import Image

    with Image.open(path) as image:
        if image.mode.startswith(("I", "F")):  # more than 8 bits
            return np.asarray(image)[None]
        if image.mode in ("1", "L", "LA"):
            return np.asarray(image.convert("L"))[None]
        return np.asarray(image.convert("RGB")).transpose(2, 0, 1)


_READERS: dict[str, Callable[[dict[str, Any], JobFolder], tuple[Arrays, list[str]]]] = {
    "tensors": _tensors,
    "table": _table,
    "images": _images,
}
