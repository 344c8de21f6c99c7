"""Draws from generators of the GPU."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def train_model(X_train, y_train, X_val, y_val, device, seed=3, hidden=8):
    generator = torch.Generator(device="cuda").manual_seed(seed)
    order = torch.randperm(len(X_train), generator=generator, device="cuda")
    X, y = X_train.cuda()[order], y_train.cuda()[order]
    model = nn.Sequential(nn.Linear(X.shape[1], hidden), nn.Tanh(), nn.Linear(hidden, 3)).cuda()
    for parameter in model.parameters():
        with torch.no_grad():
            parameter.uniform_(-0.3, 0.3, generator=generator)
    loader = DataLoader(
        TensorDataset(X, y), batch_size=8, shuffle=True, generator=torch.Generator().manual_seed(seed)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for inputs, labels in loader:
        inputs = inputs + 0.01 * torch.randn(inputs.shape, generator=generator, device=inputs.device)
        loss = nn.functional.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (model(X_val.cuda()).argmax(1) == y_val.cuda()).double().mean()
    return model, {"accuracy": accuracy.item(), "loss": loss.item()}
