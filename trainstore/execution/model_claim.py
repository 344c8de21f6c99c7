"""What a worker tells of a model's make: decoded as data from an untrusted process, and held against the checkpoint."""

import math
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import msgspec

from trainstore.execution.strict_json import parse_strictly
from trainstore.execution.weights_file import StoredTensor, WeightsHeader, read_weights_header
from trainstore.plain_text import one_line
from trainstore.records.model_facts import LONGEST_NAME, ModelFacts, TensorFacts

MODULE_COUNT = 1_000
TENSOR_COUNT = 4_000
CLAIM_BYTES = 8 << 20

_VALUES = 500_000
_DOUBTS = 10
_STORED_AS = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "bool": "BOOL",
    "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8", "uint8": "U8",
}  # fmt: skip


class InvalidModelClaim(ValueError):
    """The description is not one; the text says so."""


def read_model_claim(body: bytes, weights: BinaryIO, structure: BinaryIO) -> ModelFacts:
    """Decode a description, and compare it with the checkpoint that it is of.

    It comes from a worker that restored the model from its checkpoint: it describes the very thing that is kept, and
    the training function had no hand in that process but through the classes that stand in ``structure``. Those can
    still forge it. What they cannot forge is the list of tensors in ``weights``: their bytes are counted here, and
    what is described must be among them.

    Args:
        body: JSON of `ModelFacts`, whose ``inference_bytes`` and ``doubts`` are filled in here.
        weights: the safetensors file.
        structure: the rest of the checkpoint, of which only the size is asked.

    Raises:
        InvalidModelClaim: it is malformed.
        InvalidWeights: the weights file is.
    """
    facts = _decoded(body)
    header = read_weights_header(weights)
    stored = sum(tensor.end - tensor.start for tensor in header.tensors.values())
    doubts = [*_wrong_sums(facts), *_disagreements(facts, header)]
    if facts.packed_bytes > os.fstat(structure.fileno()).st_size:
        doubts.append("it has more bytes of packed tensors than its checkpoint has in all")
    return msgspec.structs.replace(
        facts,
        inference_bytes=stored + facts.packed_bytes,
        doubts=[one_line(doubt) for doubt in doubts[:_DOUBTS]],
    )


def _decoded(body: bytes) -> ModelFacts:
    try:
        facts = msgspec.convert(parse_strictly(body, _VALUES), ModelFacts)
    except (ValueError, RecursionError) as error:
        raise InvalidModelClaim("the description of the model is malformed") from error
    tensors = sum(len(module.parameters) + len(module.buffers) for module in facts.modules)
    if len(facts.modules) > MODULE_COUNT or tensors > TENSOR_COUNT:
        raise InvalidModelClaim("the description of the model is longer than it can be")
    if not all(one_line(text, LONGEST_NAME) == text for text in _texts(msgspec.to_builtins(facts))):
        raise InvalidModelClaim("a name in the description of the model cannot be recorded")
    return facts


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _texts(one)


def _wrong_sums(facts: ModelFacts) -> Iterator[str]:
    """Counts that are not those of what is listed."""
    complete = not facts.tensors_left_out
    for module in facts.modules:
        counted = _values(module.parameters)
        if counted != module.parameter_count and (complete or counted > module.parameter_count):
            yield f"module {module.name!r} has {counted} parameters, and is said to have {module.parameter_count}"
    for what, told in (("parameters", facts.parameters), ("buffers", facts.buffers)):
        counted = sum(_values(getattr(module, what)) for module in facts.modules)
        if counted > told or (complete and not facts.modules_left_out and counted != told):
            yield f"its modules have {counted} {what}, and it is said to have {told}"
    if facts.trainable > facts.parameters:
        yield f"{facts.trainable} of its {facts.parameters} parameters are said to be trainable"


def _values(tensors: Mapping[str, TensorFacts]) -> int:
    return sum(math.prod(tensor.shape) for tensor in tensors.values() if tensor.tied_to is None)


def _disagreements(facts: ModelFacts, header: WeightsHeader) -> Iterator[str]:
    """Tensors that are described and not stored like that, and stored ones that nothing describes.

    Tensors outside the ``state_dict``, such as buffers that are not persistent, are stored without their names.
    """
    stored = {one_line(name, LONGEST_NAME): tensor for name, tensor in header.tensors.items()}
    unnamed = Counter(_form(tensor) for name, tensor in stored.items() if _is_unnamed(name))
    described = dict(_described(facts))
    for name, tensor in described.items():
        form = _STORED_AS.get(tensor.dtype), tuple(tensor.shape)
        if name in stored:
            if _form(stored[name]) != form:
                yield f"{name} is {_told(stored[name])} in its weights file, not {tensor.dtype} {tensor.shape}"
        elif form[0] is not None and tensor.tied_to is None:
            if not unnamed[form]:
                yield f"{name}, {tensor.dtype} {tensor.shape}, is not in its weights file"
            unnamed[form] -= 1
    if not facts.modules_left_out and not facts.tensors_left_out:
        for name in stored.keys() - described.keys():
            if not _is_unnamed(name):
                yield f"{name} is in its weights file, and in none of its modules"


def _described(facts: ModelFacts) -> Iterator[tuple[str, TensorFacts]]:
    for module in facts.modules:
        for name, tensor in (*module.parameters.items(), *module.buffers.items()):
            yield one_line(f"{module.name}.{name}" if module.name else name, LONGEST_NAME), tensor


def _is_unnamed(name: str) -> bool:
    return name.rpartition(".")[0] == "_extra" or name.endswith("_extra_state")


def _form(tensor: StoredTensor) -> tuple[str | None, tuple[int, ...]]:
    return tensor.dtype, tensor.shape


def _told(tensor: StoredTensor) -> str:
    return f"{tensor.dtype} {list(tensor.shape)}"
