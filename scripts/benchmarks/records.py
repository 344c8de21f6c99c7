"""Records such as a language model writes, by the thousand: varied, about 15 KB each, the same on every machine."""

import json
import random
from collections.abc import Iterator
from functools import lru_cache

FIRST_SECOND = 1_704_067_200  # 2024-01-01T00:00:00Z
VERSIONS_A_FUNCTION = 20

_FAMILIES = (
    "BiLSTM",
    "Transformer",
    "ConvNet",
    "TCN",
    "GRU",
    "MLPMixer",
    "ResNet",
    "UNet",
    "WaveNet",
    "Perceiver",
)
_TRAITS = ("Attention", "Gated", "Quantized", "Residual", "Pooled", "Dilated", "Sparse", "Ensemble")
# Names that people and language models give, of every fourth function; each must be cleaned to be a folder.
_ODD_NAMES = (
    "{} (2-lead, ≤256KB) [v2]/final",
    "{}\u2011with\u2011gates",
    "{}, lr=1e-3 @ ~best + noise",
    "Größe {{{}}} <draft>?",
)
_DATA_TYPES = ("numpy_array", "torch_tensor", "sequence_list")
_ACTIVATIONS = ("relu", "gelu", "silu", "elu", "tanh", "leaky_relu", "mish", "softplus")
_NORMS = ("LayerNorm", "BatchNorm1d", "Identity")
_WORDS = [
    "stable",
    "gradient",
    "variance",
    "residual",
    "temporal",
    "context",
    "window",
    "channel",
    "mixing",
    "projection",
    "gate",
    "smooth",
    "decay",
    "sparse",
    "budget",
    "latent",
    "regular",
    "overfit",
    "capacity",
    "depth",
    "shallow",
    "robust",
    "noise",
    "outlier",
    "calibrated",
    "margin",
]
_BLOCKS = 12
_CHANGED_BLOCKS = 2  # a language model rewrites some of what it wrote, not all


def names(number: int) -> tuple[str, str]:
    """Return data type and model name of a record by its number."""
    function = number // VERSIONS_A_FUNCTION
    family = _FAMILIES[function % len(_FAMILIES)]
    trait = _TRAITS[function // len(_FAMILIES) % len(_TRAITS)]
    name = f"{family}_{trait}_{function}"
    if function % 4 == 3:
        name = _ODD_NAMES[function // 4 % len(_ODD_NAMES)].format(name)
    return _DATA_TYPES[function % len(_DATA_TYPES)], name


def make_record(number: int) -> dict[str, object]:
    """Return the record with a number: twenty in a row are versions of one function, a second apart."""
    data_type, model_name = names(number)
    function, version = divmod(number, VERSIONS_A_FUNCTION)
    rng = random.Random(number)
    return {
        "model_name": model_name,
        "training_code": _code(function, version),
        "bo_config": _search_space(rng),
        "confidence": round(rng.uniform(0.4, 0.99), 2),
        "data_profile": _profile(rng, data_type),
        "timestamp": FIRST_SECOND + number,
        "metadata": {
            "generated_by": "AI Code Generator",
            "api_model": rng.choice(("gpt-5", "gpt-5-mini")),
            "version": "1.0",
        },
    }


def make_files(start: int, count: int) -> Iterator[tuple[dict[str, object], bytes]]:
    """Yield records by their numbers, each with the bytes of its file."""
    for number in range(start, start + count):
        record = make_record(number)
        yield record, json.dumps(record, indent=2, ensure_ascii=False).encode()


def _code(function: int, version: int) -> str:
    seeds = [function * 1000 + place for place in range(_BLOCKS)]
    rng = random.Random(f"{function}/{version}")
    for place in rng.sample(range(_BLOCKS), _CHANGED_BLOCKS) if version else ():
        seeds[place] += (version + 1) * 10**9
    blocks = [_block(place, seed) for place, seed in enumerate(seeds)]
    stages = ", ".join(f"Stage{place}(hidden_size, dropout)" for place in range(_BLOCKS))
    return (
        _HEAD + "\n".join(blocks) + _TAIL.replace("STAGES", stages).replace("EPOCHS", str(rng.randint(5, 80)))
    )


@lru_cache(maxsize=2 * _BLOCKS)  # the versions of a function share most of them
def _block(place: int, seed: int) -> str:
    rng = random.Random(seed)
    comment = " ".join(rng.choices(_WORDS, k=24))
    widths = [rng.choice((16, 24, 32, 48, 64, 96, 128, 192, 256)) for _ in range(3)]
    return f'''
class Stage{place}(nn.Module):
    """{comment.capitalize()}."""

    def __init__(self, width, dropout={rng.random() / 2:.3f}):
        super().__init__()
        self.norm = nn.{rng.choice(_NORMS)}(width)
        self.widen = nn.Linear(width, {widths[0]})
        self.middle = nn.Linear({widths[0]}, {widths[1]}, bias={rng.random() < 0.5})
        self.gate = nn.Linear({widths[0]}, {widths[1]})
        self.narrow = nn.Linear({widths[1]}, width)
        self.scale = nn.Parameter(torch.full((width,), {rng.uniform(0.001, 1):.6f}))
        self.dropout = nn.Dropout(dropout * {rng.uniform(0.2, 1.8):.4f})

    def forward(self, x):
        # {" ".join(rng.choices(_WORDS, k=9))}
        hidden = F.{rng.choice(_ACTIVATIONS)}(self.widen(self.norm(x)))
        mixed = self.middle(hidden) * torch.sigmoid(self.gate(hidden) / {rng.uniform(0.5, 4):.4f})
        return x + self.scale * self.dropout(self.narrow(F.{rng.choice(_ACTIVATIONS)}(mixed)))
'''


def _search_space(rng: random.Random) -> dict[str, object]:
    return {
        "lr": {"default": round(rng.uniform(1e-4, 1e-2), 6), "type": "Real", "low": 1e-6, "high": 1e-1, "prior": "log-uniform"},
        "hidden_size": {"default": rng.choice((64, 128, 256)), "type": "Integer", "low": 32, "high": 512},
        "dropout": {"default": round(rng.random() / 2, 3), "type": "Real", "low": 0.0, "high": 0.6},
        "batch_size": {"default": 32, "type": "Categorical", "categories": [16, 32, 64, 128]},
        "quantization_bits": {"default": 32, "type": "Categorical", "categories": [8, 16, 32]},
    }  # fmt: skip


def _profile(rng: random.Random, data_type: str) -> dict[str, object]:
    samples, length, channels = rng.randint(100, 90_000), rng.randint(16, 4096), rng.randint(1, 64)
    lengths = [rng.randint(16, 4096) for _ in range(40)] if data_type == "sequence_list" else None
    return {
        "data_type": data_type,
        "shape": [samples, None if lengths else length, channels],
        "dtype": "float32",
        "feature_count": channels,
        "sample_count": samples,
        "is_sequence": True,
        "is_image": False,
        "is_tabular": False,
        "has_labels": True,
        "label_count": rng.randint(2, 40),
        "sequence_lengths": lengths,
        "channels": channels,
        "height": None,
        "width": None,
        "metadata": {},
    }


_HEAD = """\
import copy
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

"""

_TAIL = """

class Network(nn.Module):
    def __init__(self, features, classes, hidden_size, dropout):
        super().__init__()
        self.enter = nn.Linear(features, hidden_size)
        self.stages = nn.ModuleList([STAGES])
        self.leave = nn.Linear(hidden_size, classes)

    def forward(self, x):
        x = self.enter(x.flatten(1))
        for stage in self.stages:
            x = stage(x)
        return self.leave(x)


def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    lr = float(hyperparams.get("lr", 1e-3))
    bits = int(hyperparams.get("quantization_bits", 32))
    batch_size = int(hyperparams.get("batch_size", 32))
    classes = int(y_train.max().item()) + 1
    model = Network(
        X_train.flatten(1).shape[1], classes, int(hyperparams.get("hidden_size", 128)), hyperparams.get("dropout", 0.1)
    ).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS)
    best, best_state, curve = math.inf, copy.deepcopy(model.state_dict()), []
    for epoch in range(EPOCHS):
        model.train()
        order = torch.randperm(len(X_train))
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            loss = F.cross_entropy(model(X_train[rows].to(device)), y_train[rows].to(device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        schedule.step()
        model.eval()
        with torch.no_grad():
            validation = F.cross_entropy(model(X_val.to(device)), y_val.to(device)).item()
        curve.append(validation)
        print(f"epoch {epoch + 1}: validation loss {validation:.4f}")
        if validation < best:
            best, best_state = validation, copy.deepcopy(model.state_dict())
    model.load_state_dict(best_state)
    if bits == 16:
        model = model.half().float()
    return model, {"val_loss": best, "val_losses": curve}
"""
