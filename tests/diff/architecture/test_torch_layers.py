"""What is said of torch's classes, against torch's classes."""

import inspect
import warnings
from typing import Any

import pytest
import torch
from torch import nn, optim

from trainstore.diff.architecture.parameter_counts import count_parameters
from trainstore.diff.architecture.torch_layers import (
    _SIGNATURES,
    REQUIRED,
    is_known,
    named_settings,
    signature,
)

_NOT_OF_TORCH = ("clip_grad_norm_", "clip_grad_value_")  # without the parameters that they clip


def class_of(kind: str) -> Any:
    return next(getattr(place, kind) for place in (nn, optim, optim.lr_scheduler) if hasattr(place, kind))


@pytest.mark.parametrize("kind", [kind for kind in _SIGNATURES if kind not in _NOT_OF_TORCH])
def test_arguments_have_the_order_and_the_defaults_of_torch(kind: str) -> None:
    real = {
        name: parameter
        for name, parameter in inspect.signature(class_of(kind).__init__).parameters.items()
        if name not in ("self", "args", "kwargs", "device", "dtype")
    }
    ours = signature(kind)
    if kind in ("RNN", "LSTM", "GRU"):  # which take *args; the names are those of their base
        base = {
            name: parameter
            for name, parameter in inspect.signature(nn.RNNBase.__init__).parameters.items()
            if name not in ("self", "mode", "device", "dtype")
        }
        assert {name: base[name].default for name in ours if name in base and ours[name] is not REQUIRED} == {
            name: default for name, default in ours.items() if name in base and default is not REQUIRED
        }
        return
    assert list(real)[: len(ours)] == list(ours)
    for name, default in ours.items():
        expected = real[name].default
        if name in ("lr", "threshold", "gamma") and expected is not inspect.Parameter.empty:
            expected = float(expected)
        assert (REQUIRED if expected is inspect.Parameter.empty else _plain(expected)) == default, name


def _plain(value: Any) -> Any:
    return value.__name__ if callable(value) and value is not None else value


MODELS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Linear", (7, 5), {}),
    ("Linear", (7, 5), {"bias": False}),
    ("Bilinear", (3, 4, 5), {}),
    ("Conv1d", (4, 6, 3), {}),
    ("Conv2d", (4, 6, 3), {"groups": 2, "bias": False}),
    ("Conv2d", (4, 6, (3, 5)), {"padding": "same"}),
    ("Conv3d", (2, 4, 2), {}),
    ("ConvTranspose2d", (4, 6, 3), {"groups": 2}),
    ("RNN", (5, 7), {"num_layers": 3}),
    ("LSTM", (5, 7), {"num_layers": 3, "bidirectional": True}),
    ("LSTM", (5, 7), {"num_layers": 2, "proj_size": 3, "bidirectional": True}),
    ("LSTM", (5, 7), {"bias": False}),
    ("GRU", (5, 7, 2), {"dropout": 0.1}),
    ("LSTMCell", (5, 7), {}),
    ("GRUCell", (5, 7), {"bias": False}),
    ("RNNCell", (5, 7), {}),
    ("Embedding", (11, 3), {"padding_idx": 0}),
    ("BatchNorm1d", (6,), {}),
    ("BatchNorm2d", (6,), {"affine": False}),
    ("InstanceNorm2d", (6,), {}),
    ("InstanceNorm2d", (6,), {"affine": True}),
    ("LayerNorm", (6,), {}),
    ("LayerNorm", ((4, 6),), {"bias": False}),
    ("LayerNorm", (6,), {"elementwise_affine": False}),
    ("RMSNorm", (6,), {}),
    ("GroupNorm", (2, 6), {}),
    ("MultiheadAttention", (8, 2), {}),
    ("MultiheadAttention", (8, 2), {"kdim": 5, "vdim": 6}),
    ("MultiheadAttention", (8, 2), {"bias": False, "add_bias_kv": True}),
    ("TransformerEncoderLayer", (8, 2), {"dim_feedforward": 20, "batch_first": True}),
    ("TransformerEncoderLayer", (8, 2, 16), {"bias": False}),
    ("TransformerDecoderLayer", (8, 2, 16), {}),
    ("Transformer", (8, 2, 2, 3, 16), {}),
    ("PReLU", (4,), {}),
    ("PReLU", (), {}),
    ("ReLU", (), {"inplace": True}),
    ("Dropout", (0.3,), {}),
    ("MaxPool2d", (2,), {}),
    ("Flatten", (), {}),
]


@pytest.mark.parametrize(("kind", "arguments", "named"), MODELS, ids=str)
def test_counts_are_those_of_torch(kind: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = class_of(kind)(*arguments, **named)
    expected = sum(tensor.numel() for tensor in module.parameters())
    assert count_parameters(kind, named_settings(kind, arguments, named)) == expected


@pytest.mark.parametrize("size", [None, "X_train.shape[1]", -1, True, 1 << 62, 1.5, (1, "a")])
def test_a_size_that_is_none_leaves_the_count_unknown(size: object) -> None:
    assert count_parameters("Linear", {"in_features": size, "out_features": 3}) is None


def test_two_ways_to_write_a_layer_are_the_same() -> None:
    assert named_settings("Conv2d", (1, 4, (3, 3)), {"stride": (1, 1), "bias": True}) == named_settings(
        "Conv2d", (), {"in_channels": 1, "out_channels": 4, "kernel_size": 3}
    )
    assert named_settings("MaxPool2d", (2,), {}) == named_settings("MaxPool2d", (2, 2), {})
    assert named_settings("ReLU", (True,), {}) == {}


def test_what_is_not_known_is_no_layer_of_torch() -> None:
    assert not is_known("MyLinear")
    assert count_parameters("MyLinear", {}) is None
    assert torch.nn.Identity is class_of("Identity")
