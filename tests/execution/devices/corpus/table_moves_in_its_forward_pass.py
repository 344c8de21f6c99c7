"""A model that sends its inputs to the GPU itself, so that whoever asks it later needs one as well."""

import torch
import torch.nn as nn


class SelfMoving(nn.Module):
    def __init__(self, features, hidden, classes):
        super().__init__()
        if not torch.cuda.is_available():
            raise RuntimeError("SelfMoving needs a GPU")
        self.body = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, classes)).cuda()
        self.offset = torch.zeros(classes, device="cuda")

    def forward(self, x):
        if not x.is_cuda:
            x = x.cuda()
        with torch.autocast("cuda", enabled=False):
            hidden = self.body(x.to("cuda"))
        return hidden + self.offset + torch.zeros(hidden.shape[1], device="cuda")


def train_model(X_train, y_train, X_val, y_val, device, hidden=8, lr=0.05, epochs=3):
    model = SelfMoving(X_train.shape[1], hidden, int(y_train.max()) + 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    for _ in range(epochs):
        loss = nn.functional.cross_entropy(model(X_train), y_train.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (model(X_val).cpu().argmax(1) == y_val).float().mean().item()
    return model, {"accuracy": accuracy, "loss": loss.item()}
