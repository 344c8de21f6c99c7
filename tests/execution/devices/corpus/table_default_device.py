"""Makes CUDA the default device, for the whole call and in a block."""

import torch
from torch import nn


def train_model(X_train, y_train, X_val, y_val, device, hidden=8, lr=0.05):
    torch.set_default_device("cuda")
    try:
        X, y = X_train.to("cuda"), y_train.to("cuda")
        with torch.device("cuda"):
            model = nn.Sequential(nn.Linear(X.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, 3))
            shift = torch.zeros(X.shape[1])
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        for _ in range(3):
            batch = torch.randint(0, len(X), (32,))
            loss = nn.functional.cross_entropy(model(X[batch] + shift), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            val_loss = nn.functional.cross_entropy(model(X_val.to("cuda")), y_val.to("cuda")).item()
    finally:
        torch.set_default_device("cpu")
    return model.to("cpu"), {"val_loss": val_loss}
