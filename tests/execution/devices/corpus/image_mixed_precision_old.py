"""Mixed precision as ``torch.cuda.amp`` had it, in a forward pass of the model's own."""

import torch
import torch.nn as nn
from torch.cuda.amp import GradScaler, autocast


class ConvNet(nn.Module):
    def __init__(self, num_classes, dropout):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 8, 3, stride=2)
        self.dropout = nn.Dropout2d(dropout)
        self.fc = nn.LazyLinear(num_classes)

    @autocast()
    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = self.dropout(torch.relu(self.conv2(x)))
        return self.fc(x.flatten(1))


def train_model(X_train, y_train, X_val, y_val, device, lr=0.01, dropout=0.1, **kwargs):
    assert torch.cuda.is_available(), "CUDA is required"
    num_classes = int(y_train.max()) + 1
    model = ConvNet(num_classes, dropout).to(device)
    X_train, y_train = X_train.to(device), y_train.to(device)
    model(X_train[:2])
    optimizer = torch.optim.RMSprop(model.parameters(), lr=lr)
    scaler = torch.cuda.amp.GradScaler(init_scale=1024.0)
    history = []
    for epoch in range(kwargs.get("epochs", 2)):
        for i in range(0, len(X_train), 16):
            optimizer.zero_grad()
            with torch.cuda.amp.autocast(enabled=True):
                loss = nn.functional.cross_entropy(model(X_train[i : i + 16]), y_train[i : i + 16])
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        history.append(loss.item())
        torch.cuda.empty_cache()
    model.eval()
    with torch.no_grad():
        val_loss = nn.functional.cross_entropy(model(X_val.to(device)).float(), y_val.to(device))
    return model, {"val_loss": val_loss.item(), "loss": history}
