"""Saves a checkpoint halfway and resumes from it with ``map_location``."""

import os
import tempfile

import torch
from torch import nn


def train_model(X_train, y_train, X_val, y_val, device, hidden=8, lr=0.02):
    def build():
        model = nn.Sequential(nn.Linear(X_train.shape[1], hidden), nn.ELU(), nn.Linear(hidden, 3)).to("cuda:0")
        return model, torch.optim.Adam(model.parameters(), lr=lr)

    def fit(model, optimizer, epochs):
        for _ in range(epochs):
            loss = nn.functional.cross_entropy(model(X_train.to("cuda:0")), y_train.to("cuda:0"))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss.item()

    model, optimizer = build()
    first = fit(model, optimizer, 2)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "checkpoint.pt")
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
        model, optimizer = build()
        state = torch.load(path, map_location="cuda:0", weights_only=True)
        torch.load(path, map_location=torch.device("cuda"))
        torch.load(path, map_location={"cpu": "cuda:0"})
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    second = fit(model, optimizer, 2)
    with torch.no_grad():
        accuracy = (model(X_val.to("cuda:0")).argmax(1) == y_val.to("cuda:0")).float().mean().item()
    return model, {"first": first, "second": second, "accuracy": accuracy}
