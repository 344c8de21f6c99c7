"""What trains a model: losses, optimisers, schedules, clipping, mixed precision, quantisation, augmentation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from trainstore.diff.architecture.reading.values import (
    Built,
    External,
    Function,
    Items,
    Part,
    Symbol,
    Value,
    is_plain,
    text_of,
)
from trainstore.diff.architecture.torch_layers import named_settings

if TYPE_CHECKING:
    from trainstore.diff.architecture.reading.machine import Machine

LOSS_FUNCTIONS = {
    "cross_entropy": "CrossEntropyLoss", "nll_loss": "NLLLoss", "mse_loss": "MSELoss", "l1_loss": "L1Loss",
    "smooth_l1_loss": "SmoothL1Loss", "huber_loss": "HuberLoss", "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss", "kl_div": "KLDivLoss", "gaussian_nll_loss":
    "GaussianNLLLoss", "poisson_nll_loss": "PoissonNLLLoss", "ctc_loss": "CTCLoss", "soft_margin_loss":
    "SoftMarginLoss", "multi_margin_loss": "MultiMarginLoss", "triplet_margin_loss": "TripletMarginLoss",
    "cosine_embedding_loss": "CosineEmbeddingLoss",
}  # fmt: skip
QUANTISING = {
    "quantize_dynamic": "dynamic", "quantize_": "quantize_", "prepare": "static", "convert": "static",
    "prepare_fx": "static", "convert_fx": "static", "prepare_qat": "while training", "prepare_qat_fx": "while training",
    "quantize_per_tensor": "per tensor", "quantize_per_channel": "per channel",
    "fake_quantize_per_tensor_affine": "while training", "fake_quantize_per_channel_affine": "while training",
}  # fmt: skip
_QUANTISATION = (
    "torch.ao.quantization",
    "torch.quantization",
    "torchao",
    "torch.quantize_",
    "torch.fake_quantize_",
)
_MOST_PARTS_OF_A_SETTING = 20
_SMALL_TYPES = ("int8", "qint8", "quint8", "float16", "half", "bfloat16")


def setting(value: Value, depth: int = 3) -> Value:
    """Return a value as a setting: what stands for itself, a symbol, or a tuple of them."""
    if isinstance(value, Symbol) or is_plain(value):
        return value
    if isinstance(value, Items | tuple):
        parts = value.items if isinstance(value, Items) else value
        if len(parts) > _MOST_PARTS_OF_A_SETTING or not depth:
            return Symbol(text_of(value))
        return tuple(setting(part, depth - 1) for part in parts)
    if isinstance(value, External):
        return Symbol(value.name.removeprefix("builtins.").removeprefix("torch."))
    if isinstance(value, Function):
        return Symbol("a function")
    return Symbol("…") if isinstance(value, Built) and value.cls else Symbol(text_of(value))


def settings(kind: str, arguments: list[Value], named: Mapping[str, Value]) -> dict[str, Value]:
    """Return the arguments of a call by name, without defaults and what does not matter."""
    values = [setting(value) for value in arguments]
    return named_settings(kind, values, {name: setting(value) for name, value in named.items()})


def note_part(machine: "Machine", name: str, arguments: list[Value], named: Mapping[str, Value]) -> bool:
    """Note a call that is a part of what trains the model; tell whether it is one."""
    last = name.rpartition(".")[2]
    facet = _facet(name, last)
    if facet is None:
        return False
    if facet == "quantisation" and last not in QUANTISING:
        return False
    if facet == "data loading" and named.get("shuffle", False) is False and "sampler" not in named:
        return True  # that of validation
    machine.note(Part(facet, _KINDS.get(last, last), _settings_of_part(facet, last, arguments, named)))
    return True


def _settings_of_part(
    facet: str, last: str, arguments: list[Value], named: Mapping[str, Value]
) -> dict[str, Value]:
    match facet:
        case "quantisation":
            return {"type": setting(named["dtype"])} if "dtype" in named else {}
        case "data loading":
            shown = {"batch_size": arguments[1]} if len(arguments) > 1 else {}
            shown |= {name: value for name, value in named.items() if name in ("batch_size", "drop_last")}
            return settings(last, [], shown)
        case "mixed precision" | "averaging":
            return {}
        case "gradient clipping":
            return settings(last, arguments[1:], named)
    return settings(last, arguments, named)


_KINDS = QUANTISING | {"clip_grad_norm_": "norm", "clip_grad_value_": "value", "DataLoader": ""}  # fmt: skip


def _facet(name: str, last: str) -> str | None:
    if last in _BY_NAME:
        return _BY_NAME[last]
    facet = next((facet for start, facet in _BY_PACKAGE if name.startswith(start)), None)
    if facet == "optimiser" and not last[:1].isupper():
        return None
    return None if facet == "augmentation" and last in _NO_AUGMENTATION else facet


_BY_NAME = {
    "clip_grad_norm_": "gradient clipping",
    "clip_grad_value_": "gradient clipping",
    "autocast": "mixed precision",
    "DataLoader": "data loading",
}
_BY_PACKAGE = (
    ("torch.optim.lr_scheduler.", "schedule"),
    ("torch.optim.swa_utils.", "averaging"),
    ("torch.optim.", "optimiser"),
    *((package, "quantisation") for package in _QUANTISATION),
    ("torchvision.transforms.", "augmentation"),
    ("albumentations.", "augmentation"),
    ("kornia.augmentation.", "augmentation"),
    ("numpy.random.beta", "augmentation"),
    ("torch.distributions.Beta", "augmentation"),
    ("torch.distributions.beta.Beta", "augmentation"),
)
_NO_AUGMENTATION = ("Compose", "ToTensor", "Normalize", "ConvertImageDtype", "ToDtype", "ToImage", "Resize")


def loss_part(kind: str, arguments: list[Value], named: Mapping[str, Value]) -> Part:
    """Return a loss with its settings."""
    return Part("loss", kind, settings(kind, arguments, named))


def note_small_type(machine: "Machine", name: str, arguments: list[Value]) -> None:
    """Note a model that is kept in fewer bits: ``model.half()``, ``model.to(torch.float16)``."""
    types = [one.last for one in arguments if isinstance(one, External)] + ([name] if not arguments else [])
    for kind in types:
        if kind in _SMALL_TYPES:
            machine.note(Part("quantisation", {"half": "float16"}.get(kind, kind), {}))
