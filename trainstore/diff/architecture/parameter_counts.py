"""How many parameters a layer of torch has, from its settings, where all sizes in them are known."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from trainstore.diff.architecture.torch_layers import REQUIRED, is_known, signature

_GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
_MOST = 1 << 62


class _Unknown(Exception):
    """A size is not known, or no size at all."""


def count_parameters(kind: str, settings: Mapping[str, Any]) -> int | None:
    """Return the number of values in all parameters of a layer; None where it is not known.

    Args:
        settings: as `named_settings` returns them, with numbers for the sizes that are known.
    """
    if not is_known(kind):
        return None
    defaults = {name: value for name, value in signature(kind).items() if value is not REQUIRED}
    try:
        counted = _FORMULAS.get(kind, _none)({**defaults, **settings})
    except _Unknown:
        return None
    return counted if 0 <= counted < _MOST else None


def _none(given: Mapping[str, Any]) -> int:
    return 0


def _size(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 40:
        raise _Unknown
    return value


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name)
    if value is None or isinstance(value, bool | int):
        return bool(value)
    raise _Unknown


def _shape(value: Any) -> tuple[int, ...]:
    sizes = value if isinstance(value, tuple) else (value,)
    return tuple(_size({"size": size}, "size") for size in sizes)


def _linear(given: Mapping[str, Any]) -> int:
    return (_size(given, "in_features") + _flag(given, "bias")) * _size(given, "out_features")


def _bilinear(given: Mapping[str, Any]) -> int:
    inputs = _size(given, "in1_features") * _size(given, "in2_features")
    return (inputs + _flag(given, "bias")) * _size(given, "out_features")


def _convolution(dimensions: int) -> Callable[[Mapping[str, Any]], int]:
    def count(given: Mapping[str, Any]) -> int:
        kernel = _shape(given.get("kernel_size"))
        area = math.prod(kernel) if len(kernel) > 1 else kernel[0] ** dimensions
        groups = _size(given, "groups")
        inputs, outputs = _size(given, "in_channels"), _size(given, "out_channels")
        if not groups:
            raise _Unknown
        return inputs * outputs * area // groups + _flag(given, "bias") * outputs

    return count


def _recurrent(kind: str) -> Callable[[Mapping[str, Any]], int]:
    """https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html: weight_ih, weight_hh, weight_hr and two biases."""

    def count(given: Mapping[str, Any]) -> int:
        gates, hidden = _GATES[kind], _size(given, "hidden_size")
        directions = 1 + _flag(given, "bidirectional")
        projected = _size(given, "proj_size") if kind == "LSTM" else 0
        answer = projected or hidden
        total, inputs = 0, _size(given, "input_size")
        layers = _size(given, "num_layers")
        for place in range(min(layers, 2)):
            own = gates * hidden * (inputs + answer + 2 * _flag(given, "bias")) + projected * hidden
            total += own * directions * (1 if place == 0 else layers - 1)
            inputs = answer * directions
        return total

    return count


def _cell(gates: int) -> Callable[[Mapping[str, Any]], int]:
    def count(given: Mapping[str, Any]) -> int:
        hidden = _size(given, "hidden_size")
        return gates * hidden * (_size(given, "input_size") + hidden + 2 * _flag(given, "bias"))

    return count


def _scaled(name: str, flag: str) -> Callable[[Mapping[str, Any]], int]:
    """One factor and one summand for each of some features."""

    def count(given: Mapping[str, Any]) -> int:
        return 2 * _size(given, name) if _flag(given, flag) else 0

    return count


def _layer_norm(given: Mapping[str, Any]) -> int:
    if not _flag(given, "elementwise_affine"):
        return 0
    return math.prod(_shape(given.get("normalized_shape"))) * (1 + _flag(given, "bias"))


def _rms_norm(given: Mapping[str, Any]) -> int:
    return math.prod(_shape(given.get("normalized_shape"))) if _flag(given, "elementwise_affine") else 0


def _embedding(given: Mapping[str, Any]) -> int:
    return _size(given, "num_embeddings") * _size(given, "embedding_dim")


def _attention(given: Mapping[str, Any]) -> int:
    width = _size(given, "embed_dim")
    keys, values = (width if given.get(name) is None else _size(given, name) for name in ("kdim", "vdim"))
    biases = 4 * width * _flag(given, "bias") + 2 * width * _flag(given, "add_bias_kv")
    return width * (2 * width + keys + values) + biases


def _transformer_layer(attentions: int) -> Callable[[Mapping[str, Any]], int]:
    def count(given: Mapping[str, Any]) -> int:
        width, inner = _size(given, "d_model"), _size(given, "dim_feedforward")
        bias = int(_flag(given, "bias"))
        attention = 4 * width * (width + bias)
        norms = (attentions + 1) * width * (1 + bias)
        return attentions * attention + 2 * width * inner + bias * (inner + width) + norms

    return count


def _transformer(given: Mapping[str, Any]) -> int:
    if given.get("custom_encoder") is not None or given.get("custom_decoder") is not None:
        raise _Unknown
    norms = 2 * _size(given, "d_model") * (1 + _flag(given, "bias"))
    encoders = _size(given, "num_encoder_layers") * _transformer_layer(1)(given)
    return encoders + _size(given, "num_decoder_layers") * _transformer_layer(2)(given) + norms


def _lazy(given: Mapping[str, Any]) -> int:
    raise _Unknown


_FORMULAS: dict[str, Callable[[Mapping[str, Any]], int]] = {
    "Linear": _linear,
    "LazyLinear": _lazy,
    "Bilinear": _bilinear,
    **{f"Conv{n}d": _convolution(n) for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _convolution(n) for n in (1, 2, 3)},
    **{kind: _recurrent(kind) for kind in _GATES},
    **{f"{kind}Cell": _cell(gates) for kind, gates in _GATES.items()},
    **{f"BatchNorm{n}d": _scaled("num_features", "affine") for n in (1, 2, 3)},
    **{f"InstanceNorm{n}d": _scaled("num_features", "affine") for n in (1, 2, 3)},
    "GroupNorm": _scaled("num_channels", "affine"),
    "LayerNorm": _layer_norm,
    "RMSNorm": _rms_norm,
    "Embedding": _embedding,
    "MultiheadAttention": _attention,
    "TransformerEncoderLayer": _transformer_layer(1),
    "TransformerDecoderLayer": _transformer_layer(2),
    "Transformer": _transformer,
    "PReLU": lambda given: _size(given, "num_parameters"),
}
