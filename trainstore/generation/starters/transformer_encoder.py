"""A transformer encoder for sequences of unequal length; int64 y: classes, float32 y: regression.

X is a list of float32 tensors (T_i, C); one tensor (N, T, C) serves as well.
"""

import copy
import math

import torch
from torch import nn
from torch.nn import functional as F

CLIP_NORM = 1.0  # the longest gradient that a step follows
PATIENCE = 20  # epochs without a lower validation loss before training stops


class TransformerEncoder(nn.Module):
    """A list of raw sequences (T_i, C) to logits (N, K) or values (N,)."""

    def __init__(self, X_train, head, *, hidden_size, heads, layers, dropout):
        super().__init__()
        rows = torch.cat(list(X_train))
        self.standardize = Standardize(rows)
        self.embed = nn.Linear(rows.shape[1], hidden_size)
        layer = nn.TransformerEncoderLayer(
            hidden_size, heads, 2 * hidden_size, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        layer.self_attn.dropout = 0.0  # dropout inside attention rules out its fast kernels
        norm = nn.LayerNorm(hidden_size)
        self.encoder = nn.TransformerEncoder(layer, layers, norm, enable_nested_tensor=False)
        self.head = head

    def forward(self, X):
        lengths = torch.tensor([len(sequence) for sequence in X], device=X[0].device)
        padded = nn.utils.rnn.pad_sequence(list(X), batch_first=True)  # (N, T, C)
        padding = torch.arange(padded.shape[1], device=padded.device) >= lengths[:, None]  # (N, T)
        states = self.embed(self.standardize(padded))
        states = self.encoder(states + positions(states), src_key_padding_mask=padding)
        states = states.masked_fill(padding[:, :, None], 0.0)
        return self.head(states.sum(dim=1) / lengths[:, None])


def positions(states):
    """Sinusoidal encodings (T, D) of the places 0..T-1, for any T (Vaswani et al., 2017, section 3.5)."""
    _, length, width = states.shape
    place = torch.arange(length, device=states.device)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, device=states.device) * (-math.log(10000.0) / width))
    return torch.stack([torch.sin(place * rate), torch.cos(place * rate)], dim=2).flatten(1)[:, :width]


def train_model(
    X_train,
    y_train,
    X_val,
    y_val,
    device,
    *,
    lr=0.002,
    hidden_size=64,
    heads=4,
    layers=2,
    dropout=0.1,
    weight_decay=0.01,
    batch_size=32,
    epochs=30,
    quantization_bits=32,
):
    """Trains on CPU tensors; returns the model, callable on raw X, and its metrics."""
    head = output_head(hidden_size, y_train, y_val)
    model = TransformerEncoder(
        X_train, head, hidden_size=hidden_size, heads=heads, layers=layers, dropout=dropout
    ).to(device)
    loss_of = loss_for(y_train)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
    train, val = (X_train, y_train), (X_val, y_val)
    curves = fit(model, optimizer, loss_of, train, val, device, batch_size, epochs)
    parameters = sum(weight.numel() for weight in model.parameters())
    model = quantize(model, quantization_bits)
    output = predict(model, X_val, device)
    return model, {
        "val_loss": loss_of(output, y_val).item(),
        **scores(output, y_val),
        **curves,
        "parameters": parameters,
        "weight_bytes": sum(tensor.nbytes for tensor in model.state_dict().values()),
        "quantization_bits": quantization_bits,
    }


def select(X, rows, device):
    """The given sequences of X, on the device."""
    return [X[row].to(device) for row in rows.tolist()]


def fit(model, optimizer, loss_of, train, val, device, batch_size, epochs):
    """Trains in place, restores the weights of the lowest validation loss, and returns the curves."""
    (X, y), (X_val, y_val) = train, val
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    train_losses, val_losses = [], []
    best_loss, best_epoch, best_weights = math.inf, 0, None
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        # Batches of nearly equal size: no last batch of a few rows with a noisy gradient.
        for rows in torch.randperm(len(y)).tensor_split(math.ceil(len(y) / batch_size)):
            loss = loss_of(model(select(X, rows, device)), y[rows].to(device))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
            optimizer.step()
            total += loss.item() * len(rows)
        schedule.step()
        train_losses.append(total / len(y))
        val_losses.append(loss_of(predict(model, X_val, device), y_val).item())
        print(f"epoch {epoch}/{epochs}: train loss {train_losses[-1]:.4f}, val loss {val_losses[-1]:.4f}")
        if val_losses[-1] < best_loss:
            best_loss, best_epoch, best_weights = val_losses[-1], epoch, copy.deepcopy(model.state_dict())
        elif epoch - best_epoch >= PATIENCE:
            break
    if best_weights is None:
        raise ValueError("the validation loss was never finite: check X and y for NaN, or lower lr")
    model.load_state_dict(best_weights)
    best = {"train_loss": train_losses[best_epoch - 1], "best_epoch": best_epoch}
    return best | {"train_losses": train_losses, "val_losses": val_losses}


@torch.no_grad()
def predict(model, X, device, batch_size=256):
    """The model's outputs for all of X, on the CPU."""
    model.eval()
    batches = torch.arange(len(X)).split(batch_size)
    return torch.cat([model(select(X, rows, device)).cpu() for rows in batches])


def loss_for(y_train):
    """Cross-entropy for classes; for values the squared error as a share of the variance of y."""
    if not y_train.is_floating_point():
        return F.cross_entropy
    variance = spread(y_train).item() ** 2
    return lambda output, y: F.mse_loss(output, y) / variance


def scores(output, y):
    """What is claimed for the validation part."""
    if not y.is_floating_point():
        return {"val_accuracy": (output.argmax(dim=1) == y).float().mean().item()}
    mse, variance = F.mse_loss(output, y).item(), y.var(correction=0).item()
    r2 = 1 - mse / variance if variance > 0 else 0.0
    return {"val_mse": mse, "val_mae": F.l1_loss(output, y).item(), "val_r2": r2}


def output_head(width, y_train, y_val):
    """The last layer: (N, width) to logits (N, K), or to values (N,) in the unit of y."""
    if y_train.is_floating_point():
        return nn.Sequential(nn.Linear(width, 1), TargetScale(y_train))
    return nn.Linear(width, int(torch.cat([y_train, y_val]).max()) + 1)


def spread(values):
    """The standard deviation of each column; 1 where a column is constant."""
    constant = values.amax(dim=0) == values.amin(dim=0)
    return torch.where(constant, 1.0, values.std(dim=0, correction=0))


class Standardize(nn.Module):
    """Centres and scales each column as in the training part, inside the model: it takes raw data."""

    def __init__(self, rows):
        super().__init__()
        self.register_buffer("mean", rows.mean(dim=0))
        self.register_buffer("std", spread(rows))

    def forward(self, X):
        return (X - self.mean) / self.std


class TargetScale(nn.Module):
    """Standard units (N, 1) to values (N,) in the unit of y."""

    def __init__(self, y_train):
        super().__init__()
        self.register_buffer("mean", y_train.mean())
        self.register_buffer("std", spread(y_train))

    def forward(self, output):
        return output.squeeze(1) * self.std + self.mean


def quantize(model, bits):
    """Stores the trained weights in 16 or 8 bits; 32 leaves the model as it is."""
    if bits not in (8, 16, 32):
        raise ValueError(f"quantization_bits must be 8, 16 or 32, not {bits}")
    return model if bits == 32 else QuantizedWeights(model, bits)


class QuantizedWeights(nn.Module):
    """Holds a model's weights as float16, or as int8 with a scale per output; computes in float32."""

    def __init__(self, model, bits):
        super().__init__()
        self.model = model
        for name, weight in list(model.named_parameters()):
            weight.requires_grad_(False)
            module, _, leaf = name.rpartition(".")
            if bits == 16:
                weight.data = weight.data.half()
            elif weight.dim() > 1:  # the vectors (biases, norms) are few and stay float32
                self.store_int8(model.get_submodule(module), leaf, weight.data)

    @staticmethod
    def store_int8(module, leaf, weight):
        scale = weight.abs().amax(dim=tuple(range(1, weight.dim())), keepdim=True) / 127
        scale = torch.where(scale > 0, scale, 1.0)
        delattr(module, leaf)
        module.register_buffer(leaf, torch.round(weight / scale).to(torch.int8))
        module.register_buffer(f"{leaf}_scale", scale)

    def forward(self, X):
        stored = dict(self.model.named_parameters()) | dict(self.model.named_buffers())
        weights = {name: tensor.float() for name, tensor in stored.items() if tensor.dtype == torch.float16}
        for name, tensor in stored.items():
            if tensor.dtype == torch.int8:
                weights[name] = tensor * stored[f"{name}_scale"]
        return torch.func.functional_call(self.model, weights, (X,))
