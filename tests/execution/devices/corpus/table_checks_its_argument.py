"""Refuses any device but CUDA that it is handed, and takes its hyperparameters as keywords."""

import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self, features, hidden, classes):
        super().__init__()
        self.norm = nn.BatchNorm1d(features)
        self.first = nn.Linear(features, hidden)
        self.second = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.second(F.gelu(self.first(self.norm(x))))


def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    if device.type != "cuda":
        raise ValueError(f"Expected a CUDA device, got {device}")
    lr = hyperparams.get("lr", 0.01)
    model = Net(X_train.shape[1], hyperparams.get("hidden", 16), len(torch.unique(y_train))).to(device)
    X_train, y_train = X_train.to(device), y_train.to(device)
    X_val, y_val = X_val.to(device), y_val.to(device)
    assert X_train.device.type == "cuda" and next(model.parameters()).is_cuda
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=hyperparams.get("weight_decay", 1e-2))
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    for _ in range(4):
        model.train()
        order = torch.randperm(len(X_train), device=device)
        for start in range(0, len(order), 16):
            batch = order[start : start + 16]
            loss = F.cross_entropy(model(X_train[batch]), y_train[batch])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        scheduler.step()
    model.eval()
    with torch.no_grad():
        val_loss = F.cross_entropy(model(X_val), y_val).item()
    return model, {"val_loss": val_loss}
