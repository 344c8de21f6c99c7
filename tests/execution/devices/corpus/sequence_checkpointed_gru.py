"""Recomputes activations in the backward pass, and asks for compilation."""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


class GRUWithAttention(nn.Module):
    def __init__(self, channels, hidden, classes, dropout=0.2):
        super().__init__()
        self.gru = nn.GRU(channels, hidden, batch_first=True)
        self.attention = nn.MultiheadAttention(hidden, 2, batch_first=True)
        self.drop, self.head = nn.Dropout(dropout), nn.Linear(hidden, classes)

    def attend(self, x):
        return self.drop(self.attention(x, x, x, need_weights=False)[0])

    def forward(self, x):
        x, _ = self.gru(x)
        x = checkpoint(self.attend, x, use_reentrant=False) if self.training else self.attend(x)
        return self.head(x[:, -1])


def train_model(X_train, y_train, X_val, y_val, device, hidden=8, lr=0.01, **_):
    if not torch.cuda.is_available():
        raise SystemExit("no GPU")
    model = torch.compile(GRUWithAttention(X_train[0].shape[1], hidden, 3).cuda())
    stack = lambda xs: nn.utils.rnn.pad_sequence(list(xs), batch_first=True).cuda()
    X, y = stack(X_train), y_train.cuda()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, fused=True)
    for _ in range(3):
        loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val_loss = nn.functional.cross_entropy(model(stack(X_val)), y_val.cuda()).item()
    return model, {"val_loss": val_loss, "loss": loss.item()}
