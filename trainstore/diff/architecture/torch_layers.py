"""What torch's layers take, in their order and with their defaults, so that two ways to write one are the same."""

import ast
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

_NORM = "num_features eps=1e-05 momentum=0.1 affine=True track_running_stats=True"
_INSTANCE_NORM = "num_features eps=1e-05 momentum=0.1 affine=False track_running_stats=False"
_CONV = "in_channels out_channels kernel_size stride=1 padding=0 dilation=1 groups=1 bias=True padding_mode='zeros'"
_CONV_TRANSPOSE = (
    "in_channels out_channels kernel_size stride=1 padding=0 output_padding=0 groups=1 bias=True dilation=1 "
    "padding_mode='zeros'"
)
_POOL = "kernel_size stride=None padding=0 dilation=1 return_indices=False ceil_mode=False"
_AVERAGE_1D = "kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True"
_AVERAGE = f"{_AVERAGE_1D} divisor_override=None"
_RECURRENT = "input_size hidden_size num_layers=1 bias=True batch_first=False dropout=0.0 bidirectional=False"
_CELL = "input_size hidden_size bias=True"
_DROPOUT = "p=0.5 inplace=False"
_TRANSFORMER_LAYER = (
    "d_model nhead dim_feedforward=2048 dropout=0.1 activation='relu' layer_norm_eps=1e-05 batch_first=False "
    "norm_first=False bias=True"
)

_SIGNATURES = {
    "Linear": "in_features out_features bias=True",
    "LazyLinear": "out_features bias=True",
    "Bilinear": "in1_features in2_features out_features bias=True",
    "Identity": "",
    **{f"Conv{n}d": _CONV for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _CONV_TRANSPOSE for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": _NORM for n in (1, 2, 3)},
    **{f"InstanceNorm{n}d": _INSTANCE_NORM for n in (1, 2, 3)},
    "LayerNorm": "normalized_shape eps=1e-05 elementwise_affine=True bias=True",
    "RMSNorm": "normalized_shape eps=None elementwise_affine=True",
    "GroupNorm": "num_groups num_channels eps=1e-05 affine=True",
    "LocalResponseNorm": "size alpha=0.0001 beta=0.75 k=1.0",
    **{f"MaxPool{n}d": _POOL for n in (1, 2, 3)},
    "AvgPool1d": _AVERAGE_1D,
    **{f"AvgPool{n}d": _AVERAGE for n in (2, 3)},
    **{f"Adaptive{which}Pool{n}d": "output_size" for which in ("Avg", "Max") for n in (1, 2, 3)},
    "RNN": "input_size hidden_size num_layers=1 nonlinearity='tanh' bias=True batch_first=False dropout=0.0 "
    "bidirectional=False",
    "LSTM": f"{_RECURRENT} proj_size=0",
    "GRU": _RECURRENT,
    "RNNCell": f"{_CELL} nonlinearity='tanh'",
    "LSTMCell": _CELL,
    "GRUCell": _CELL,
    "Embedding": "num_embeddings embedding_dim padding_idx=None max_norm=None norm_type=2.0 "
    "scale_grad_by_freq=False sparse=False",
    "MultiheadAttention": "embed_dim num_heads dropout=0.0 bias=True add_bias_kv=False add_zero_attn=False "
    "kdim=None vdim=None batch_first=False",
    "TransformerEncoderLayer": _TRANSFORMER_LAYER,
    "TransformerDecoderLayer": _TRANSFORMER_LAYER,
    "Transformer": "d_model=512 nhead=8 num_encoder_layers=6 num_decoder_layers=6 dim_feedforward=2048 dropout=0.1 "
    "activation='relu' custom_encoder=None custom_decoder=None layer_norm_eps=1e-05 batch_first=False "
    "norm_first=False bias=True",
    "Dropout": _DROPOUT,
    **{f"Dropout{n}d": _DROPOUT for n in (1, 2, 3)},
    "AlphaDropout": _DROPOUT,
    "FeatureAlphaDropout": _DROPOUT,
    **{
        name: "inplace=False"
        for name in ("ReLU", "ReLU6", "SiLU", "SELU", "Mish", "Hardswish", "Hardsigmoid")
    },
    **{name: "" for name in ("Tanh", "Sigmoid", "Softsign", "LogSigmoid", "Tanhshrink")},
    "LeakyReLU": "negative_slope=0.01 inplace=False",
    "ELU": "alpha=1.0 inplace=False",
    "CELU": "alpha=1.0 inplace=False",
    "GELU": "approximate='none'",
    "PReLU": "num_parameters=1 init=0.25",
    "Softplus": "beta=1.0 threshold=20.0",
    "Hardtanh": "min_val=-1.0 max_val=1.0 inplace=False",
    "GLU": "dim=-1",
    "Softmax": "dim=None",
    "LogSoftmax": "dim=None",
    "Flatten": "start_dim=1 end_dim=-1",
    "Unflatten": "dim unflattened_size",
    "Upsample": "size=None scale_factor=None mode='nearest' align_corners=None recompute_scale_factor=None",
    "PixelShuffle": "upscale_factor",
    "CrossEntropyLoss": "weight=None size_average=None ignore_index=-100 reduce=None reduction='mean' "
    "label_smoothing=0.0",
    "NLLLoss": "weight=None size_average=None ignore_index=-100 reduce=None reduction='mean'",
    "MSELoss": "size_average=None reduce=None reduction='mean'",
    "L1Loss": "size_average=None reduce=None reduction='mean'",
    "SmoothL1Loss": "size_average=None reduce=None reduction='mean' beta=1.0",
    "HuberLoss": "reduction='mean' delta=1.0",
    "BCELoss": "weight=None size_average=None reduce=None reduction='mean'",
    "BCEWithLogitsLoss": "weight=None size_average=None reduce=None reduction='mean' pos_weight=None",
    "KLDivLoss": "size_average=None reduce=None reduction='mean' log_target=False",
    "Adam": "params lr=0.001 betas=(0.9,0.999) eps=1e-08 weight_decay=0 amsgrad=False",
    "AdamW": "params lr=0.001 betas=(0.9,0.999) eps=1e-08 weight_decay=0.01 amsgrad=False",
    "NAdam": "params lr=0.002 betas=(0.9,0.999) eps=1e-08 weight_decay=0 momentum_decay=0.004",
    "RAdam": "params lr=0.001 betas=(0.9,0.999) eps=1e-08 weight_decay=0",
    "SGD": "params lr=0.001 momentum=0 dampening=0 weight_decay=0 nesterov=False",
    "RMSprop": "params lr=0.01 alpha=0.99 eps=1e-08 weight_decay=0 momentum=0 centered=False",
    "Adagrad": "params lr=0.01 lr_decay=0 weight_decay=0",
    "StepLR": "optimizer step_size gamma=0.1 last_epoch=-1",
    "MultiStepLR": "optimizer milestones gamma=0.1 last_epoch=-1",
    "ExponentialLR": "optimizer gamma last_epoch=-1",
    "CosineAnnealingLR": "optimizer T_max eta_min=0.0 last_epoch=-1",
    "CosineAnnealingWarmRestarts": "optimizer T_0 T_mult=1 eta_min=0.0 last_epoch=-1",
    "LinearLR": "optimizer start_factor=0.3333333333333333 end_factor=1.0 total_iters=5 last_epoch=-1",
    "OneCycleLR": "optimizer max_lr total_steps=None epochs=None steps_per_epoch=None pct_start=0.3 "
    "anneal_strategy='cos'",
    "ReduceLROnPlateau": "optimizer mode='min' factor=0.1 patience=10 threshold=0.0001",
    "clip_grad_norm_": "max_norm norm_type=2.0",
    "clip_grad_value_": "clip_value",
    "LambdaLR": "optimizer lr_lambda last_epoch=-1",
}

CONTAINERS = frozenset(["Sequential", "ModuleList", "ModuleDict", "TransformerEncoder", "TransformerDecoder"])

# How a layer is computed or laid out, not what it computes; and what only says where something else stands.
_NO_MATTER = frozenset(
    ["inplace", "device", "dtype", "params", "optimizer", "last_epoch", "size_average", "reduce", "verbose"]
)
_NO_MATTER_EITHER = frozenset(["foreach", "fused", "capturable", "enable_nested_tensor", "mask_check"])
_SAME_IN_ALL_DIMENSIONS = ("Conv", "MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool", "LayerNorm")


def is_known(kind: str) -> bool:
    """Tell whether the arguments of a class are known by name."""
    return kind in _SIGNATURES


@cache
def signature(kind: str) -> Mapping[str, Any]:
    """Return the arguments of a class in their order, with their defaults; `REQUIRED` for those without one."""
    taken = (part.partition("=") for part in _SIGNATURES.get(kind, "").split())
    return {name: ast.literal_eval(default) if default else REQUIRED for name, _, default in taken}


REQUIRED = object()


def named_settings(kind: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a class is given by name, without what does not matter and what are its defaults.

    Args:
        arguments: by position; those beyond the known ones are named by their number.
    """
    taken = signature(kind)
    names = list(taken)
    given = {
        names[place] if place < len(names) else f"argument {place + 1}": value
        for place, value in enumerate(arguments)
    }
    given |= named
    ordered = [*(name for name in names if name in given), *(name for name in given if name not in taken)]
    settings = {name: _plain_setting(kind, name, given[name]) for name in ordered}
    return {
        name: value
        for name, value in settings.items()
        if name not in _NO_MATTER | _NO_MATTER_EITHER and not _is_default(kind, name, value, settings)
    }


def _is_default(kind: str, name: str, value: Any, settings: Mapping[str, Any]) -> bool:
    if name == "stride" and "Pool" in kind and value == settings.get("kernel_size"):
        return True
    if name == "bias" and value is True:  # of every class; some got the argument late
        return True
    default = signature(kind).get(name, REQUIRED)
    return default is not REQUIRED and type(value) in (type(default), int, float) and bool(value == default)


def _plain_setting(kind: str, name: str, value: Any) -> Any:
    """One number for a tuple of equal ones; a function of the same name as its text for ``activation``."""
    if name == "activation" and isinstance(value, str):
        return value.rpartition(".")[2].lower()
    if isinstance(value, tuple) and value and kind.startswith(_SAME_IN_ALL_DIMENSIONS):
        first = value[0]
        if (len(value) == 1 or kind != "LayerNorm") and all(
            other == first and type(other) is type(first) for other in value
        ):
            return first
    return value
