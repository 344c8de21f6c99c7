"""Settles the device when it is imported, and refuses to be imported without."""

import torch
from torch import nn, optim

assert torch.cuda.is_available(), "No GPU found"
DEVICE = torch.device("cuda:0")
CLASS_WEIGHTS = torch.tensor([1.0, 2.0, 1.0], device=DEVICE)


def evaluate(model, X, y):
    model.eval()
    with torch.no_grad():
        return (model(X.to(DEVICE)).argmax(dim=1) == y.to(DEVICE)).float().mean().item()


def train_model(X_train, y_train, X_val, y_val, device, hidden_dim: int = 8, lr: float = 0.02):
    model = nn.Sequential(nn.Linear(X_train.shape[1], hidden_dim), nn.SiLU(), nn.Linear(hidden_dim, 3)).to(DEVICE)
    optimizer = optim.Adagrad(model.parameters(), lr=lr)
    criterion = nn.CrossEntropyLoss(weight=CLASS_WEIGHTS)
    X, y = X_train.to(DEVICE), y_train.to(DEVICE)
    for _ in range(5):
        optimizer.zero_grad()
        loss = criterion(model(X), y)
        loss.backward()
        optimizer.step()
    return model, {"val_accuracy": evaluate(model, X_val, y_val), "loss": loss.item()}
