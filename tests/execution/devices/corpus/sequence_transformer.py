"""A transformer that checks where its parameters lie, and validates on torch's fast path."""

import math

import torch
from torch import nn


class PositionalEncoding(nn.Module):
    def __init__(self, width, longest=64):
        super().__init__()
        position = torch.arange(longest, device="cuda").unsqueeze(1)
        div = torch.exp(torch.arange(0, width, 2, device="cuda") * (-math.log(10000.0) / width))
        pe = torch.zeros(longest, width, device="cuda")
        pe[:, 0::2] = torch.sin(position * div)
        pe[:, 1::2] = torch.cos(position * div)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return x + self.pe[: x.size(1)]


class Transformer(nn.Module):
    def __init__(self, channels, width, heads, classes):
        super().__init__()
        self.embed = nn.Linear(channels, width)
        self.position = PositionalEncoding(width)
        layer = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(width, classes)

    def forward(self, x, mask=None):
        return self.head(self.encoder(self.position(self.embed(x)), src_key_padding_mask=mask).mean(1))


def train_model(X_train, y_train, X_val, y_val, device, width=8, heads=2, lr=0.005):
    model = Transformer(X_train[0].shape[-1], width, heads, int(y_train.max()) + 1).to(device)
    if not next(model.parameters()).is_cuda:
        raise RuntimeError("model is not on the GPU")
    device = next(model.parameters()).device
    pad = torch.nn.utils.rnn.pad_sequence
    X, y = pad(list(X_train), batch_first=True).cuda(), y_train.cuda()
    mask = pad([torch.ones(len(s)) for s in X_train], batch_first=True).to(device) == 0
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    for _ in range(3):
        model.train()
        loss = nn.functional.cross_entropy(model(X, mask), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        logits = model(pad(list(X_val), batch_first=True).to(device))
        val_loss = nn.functional.cross_entropy(logits, y_val.to(device))
    return model, {"val_loss": val_loss.item(), "spread": logits.std().item()}
