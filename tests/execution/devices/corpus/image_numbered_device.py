"""Names the GPU by its number, and wraps the model for as many as there are."""

import torch
from torch import nn


def train_model(X_train, y_train, X_val, y_val, device, width=4, lr=0.05):
    gpu = 0
    model = nn.Sequential(nn.Conv2d(1, width, 3), nn.GroupNorm(2, width), nn.ReLU(), nn.Flatten(), nn.Linear(36 * width, 3))
    model = model.to(0)
    if torch.cuda.device_count() > 1:
        model = nn.DataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    X, y = X_train.cuda(gpu), y_train.cuda(device=gpu)
    for _ in range(3):
        loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    indices = torch.arange(len(y), device=0)
    assert X.get_device() == 0
    with torch.no_grad():
        accuracy = (model(X_val.to(f"cuda:{gpu}")).argmax(1) == y_val.to(f"cuda:{gpu}")).float().mean()
    return model, {"accuracy": accuracy.item(), "loss": loss.item(), "rows": int(indices[-1]) + 1}
