"""Seeds the GPU alone, and puts its state back."""

import random

import numpy as np
import torch
from torch import nn


def set_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.cuda.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.deterministic = True


def train_model(X_train, y_train, X_val, y_val, device, random_state=11, dropout=0.5):
    set_seed(random_state)
    before = torch.cuda.get_rng_state()
    model = nn.Sequential(nn.Linear(X_train.shape[1], 8), nn.Dropout(dropout), nn.ReLU(), nn.Linear(8, 3)).cuda()
    torch.cuda.set_rng_state(before)
    states = torch.cuda.get_rng_state_all()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        loss = nn.functional.cross_entropy(model(X_train.cuda()), y_train.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.cuda.set_rng_state_all(states)
    with torch.random.fork_rng():
        torch.rand(3)
    drawn = torch.rand(2, device="cuda")
    return model, {"loss": loss.item(), "drawn": drawn.tolist()}
