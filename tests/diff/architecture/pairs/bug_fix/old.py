import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvNet(nn.Module):
    def __init__(self, in_channels, base_channels, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, base_channels, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(base_channels)
        self.conv2 = nn.Conv2d(base_channels, base_channels * 2, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(base_channels * 2)
        self.fc = nn.Linear(base_channels * 2, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.fc(x)


def train_model(X_train, y_train, X_val, y_val, device, lr=1e-3, base_channels=16, epochs=10, batch_size=64):
    num_classes = int(y_train.max().item()) + 1
    model = ConvNet(X_train.shape[1], base_channels, num_classes).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for epoch in range(epochs):
        model.train()
        permutation = torch.randperm(X_train.size(0))
        for i in range(0, X_train.size(0), batch_size):
            indices = permutation[i : i + batch_size]
            loss = F.cross_entropy(model(X_train[indices].to(device)), y_train[indices].to(device))
            loss.backward()
            optimizer.step()
    logits = model(X_val.to(device)).cpu()
    return model, {"val_accuracy": (logits.argmax(1) == y_val).float().mean().item()}
