"""Trains on the GPU, then quantises its linear layers for the CPU."""

import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, n_in, hidden, n_out):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(n_in, hidden), nn.Linear(hidden, n_out)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x)))


def train_model(X_train, y_train, X_val, y_val, device, hidden=16, lr=0.02, quantise=True):
    if device.type != "cuda":
        raise RuntimeError("train on CUDA; quantisation follows on the CPU")
    model = MLP(X_train.shape[1], hidden, 3).cuda()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(5):
        loss = nn.functional.cross_entropy(model(X_train.cuda()), y_train.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model = model.to("cpu").eval()
    assert not next(model.parameters()).is_cuda
    if quantise:
        model = torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)
    with torch.no_grad():
        logits = model(X_val)
    return model, {"val_loss": nn.functional.cross_entropy(logits, y_val).item(), "loss": loss.item()}
