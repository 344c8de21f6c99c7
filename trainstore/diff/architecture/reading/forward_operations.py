"""What a forward pass does beside calling layers: functions of torch, methods of tensors, residual sums."""

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from trainstore.diff.architecture.reading.data_symbols import is_tensor
from trainstore.diff.architecture.reading.training_parts import settings
from trainstore.diff.architecture.reading.values import Built, Items, Value

if TYPE_CHECKING:
    from trainstore.diff.architecture.reading.machine import Machine

# By the class of torch.nn that does the same, where there is one: writing it in the other way changes nothing.
_FUNCTIONS = {
    "relu": "ReLU", "relu6": "ReLU6", "leaky_relu": "LeakyReLU", "elu": "ELU", "selu": "SELU", "celu": "CELU",
    "gelu": "GELU", "silu": "SiLU", "mish": "Mish", "hardswish": "Hardswish", "hardtanh": "Hardtanh",
    "softplus": "Softplus", "tanh": "Tanh", "sigmoid": "Sigmoid", "logsigmoid": "LogSigmoid", "glu": "GLU",
    "softmax": "Softmax", "log_softmax": "LogSoftmax", "dropout": "Dropout", "dropout1d": "Dropout1d",
    "dropout2d": "Dropout2d", "dropout3d": "Dropout3d", "alpha_dropout": "AlphaDropout",
    "max_pool1d": "MaxPool1d", "max_pool2d": "MaxPool2d", "max_pool3d": "MaxPool3d", "avg_pool1d": "AvgPool1d",
    "avg_pool2d": "AvgPool2d", "avg_pool3d": "AvgPool3d", "adaptive_avg_pool1d": "AdaptiveAvgPool1d",
    "adaptive_avg_pool2d": "AdaptiveAvgPool2d", "adaptive_avg_pool3d": "AdaptiveAvgPool3d",
    "adaptive_max_pool1d": "AdaptiveMaxPool1d", "adaptive_max_pool2d": "AdaptiveMaxPool2d",
    "adaptive_max_pool3d": "AdaptiveMaxPool3d", "layer_norm": "LayerNorm", "normalize": "Normalize",
    "interpolate": "Interpolate", "one_hot": "OneHot", "linear": "Linear (functional)",
    "conv1d": "Conv1d (functional)", "conv2d": "Conv2d (functional)", "embedding": "Embedding (functional)",
    "scaled_dot_product_attention": "ScaledDotProductAttention", "cat": "Concatenate", "concat": "Concatenate",
    "bmm": "MatMul", "matmul": "MatMul", "einsum": "Einsum",
}  # fmt: skip
_REDUCTIONS = {"mean": "Mean", "sum": "Sum", "amax": "Max", "max": "Max", "logsumexp": "LogSumExp"}
_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "Add", ast.Mult: "Multiply", ast.MatMult: "MatMul"}
_DROPPED = (
    "input",
    "training",
    "inplace",
    "weight",
    "bias",
    "query",
    "key",
    "value",
    "attn_mask",
    "keepdim",
    "dtype",
)


def note_operator(machine: "Machine", kind: type[ast.operator], left: Value, right: Value) -> None:
    """Note a sum or product of two tensors, such as a residual connection."""
    if machine.passing is not None and kind in _OPERATORS and is_tensor(left) and is_tensor(right):
        _note(machine, _OPERATORS[kind], [], {})


def note_function(machine: "Machine", name: str, arguments: list[Value], named: Mapping[str, Value]) -> None:
    """Note a function of torch that a tensor goes through."""
    if machine.passing is None:
        return
    last = name.rpartition(".")[2].removesuffix("_")
    given = [*arguments[:2], *named.values()]
    if not any(is_tensor(one) for one in given):
        return
    if last in _FUNCTIONS:
        most = 4 if "pool" in last else 2
        taken = [] if last in ("bmm", "matmul", "einsum", "linear") else arguments[1:most]
        _note(machine, _FUNCTIONS[last], taken, named, last)
    elif last in _REDUCTIONS and (len(arguments) > 1 or "dim" in named or "axis" in named):
        _note_reduction(machine, last, arguments[1:], named)
    elif last in ("add", "mul") and len(arguments) > 1 and is_tensor(arguments[1]):
        _note(machine, "Add" if last == "add" else "Multiply", [], {})


def note_method(machine: "Machine", name: str, arguments: list[Value], named: Mapping[str, Value]) -> None:
    """Note a method of a tensor in a forward pass."""
    if machine.passing is None:
        return
    last = name.removesuffix("_")
    if last in _REDUCTIONS:
        if arguments or "dim" in named or "axis" in named:
            _note_reduction(machine, last, arguments, named)
    elif last in ("add", "mul", "matmul", "bmm") and arguments and is_tensor(arguments[0]):
        _note(machine, {"add": "Add", "mul": "Multiply"}.get(last, "MatMul"), [], {})
    elif last in _FUNCTIONS and last not in ("matmul", "bmm"):
        _note(machine, _FUNCTIONS[last], arguments[:1], named, last)


def _note_reduction(
    machine: "Machine", name: str, arguments: list[Value], named: Mapping[str, Value]
) -> None:
    dim = named.get("dim", named.get("axis", arguments[0] if arguments else None))
    _note(machine, _REDUCTIONS[name], [], {"dim": tuple(dim.items) if isinstance(dim, Items) else dim}, name)


def _note(
    machine: "Machine", kind: str, arguments: list[Value], named: Mapping[str, Value], name: str = ""
) -> None:
    kept = {key: value for key, value in named.items() if key not in _DROPPED}
    taken = settings(kind, [one for one in arguments if not is_tensor(one)], kept)
    label = name or kind.lower()
    built = Built(kind, taken, functional=True, attributes={"label": label})
    assert machine.passing is not None
    machine.passing.append(machine.make(built))
