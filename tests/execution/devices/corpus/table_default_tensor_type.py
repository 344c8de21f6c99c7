"""Sets a GPU's tensor type as the default, as code from before ``device=`` does."""

import torch
from torch import nn
from torch.autograd import Variable


def train_model(X_train, y_train, X_val, y_val, device, n_hidden=8):
    torch.set_default_tensor_type("torch.cuda.FloatTensor")
    X = Variable(X_train.type("torch.cuda.FloatTensor"))
    y = Variable(y_train.type(torch.cuda.LongTensor))
    model = nn.Sequential(nn.Linear(X.size(1), n_hidden), nn.Sigmoid(), nn.Linear(n_hidden, 3)).cuda()
    bias = torch.cuda.FloatTensor(3).fill_(0.1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    for _ in range(4):
        loss = nn.CrossEntropyLoss()(model(X) + bias, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.set_default_tensor_type("torch.FloatTensor")
    correct = (model(X_val.cuda()).data.max(1)[1] == y_val.cuda()).sum()
    return model, {"accuracy": correct.item() / len(y_val), "loss": loss.item()}
