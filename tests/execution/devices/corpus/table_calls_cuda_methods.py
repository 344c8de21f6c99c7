"""Writes ``.cuda()`` behind everything, as older code does."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class MLP(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super(MLP, self).__init__()
        self.layers = nn.ModuleList([nn.Linear(n_in, n_hidden), nn.Linear(n_hidden, n_hidden)])
        self.out = nn.Linear(n_hidden, n_out)
        self.register_buffer("scale", torch.ones(n_in))

    def forward(self, x):
        x = x * self.scale
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return self.out(x)


def train_model(X_train, y_train, X_val, y_val, device, n_hidden=12, learning_rate=0.05, momentum=0.9):
    model = MLP(X_train.size(1), n_hidden, int(y_train.max()) + 1).cuda()
    weights = torch.FloatTensor([1.0] * (int(y_train.max()) + 1)).cuda()
    criterion = nn.CrossEntropyLoss(weight=weights).cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum, nesterov=True)
    X_val, y_val = X_val.cuda(), y_val.cuda()
    for epoch in range(3):
        model.train()
        for index in np.array_split(np.random.permutation(len(X_train)), 3):
            xb = X_train[index].cuda(non_blocking=True)
            yb = y_train[index].cuda(non_blocking=True)
            loss = criterion(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        out = F.softmax(model(X_val), dim=1)
        predicted = out.data.max(1)[1].cpu().numpy()
    accuracy = float((predicted == y_val.cpu().numpy()).mean())
    return model, {"accuracy": accuracy, "loss": loss.item()}
