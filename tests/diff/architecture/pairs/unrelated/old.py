import torch
import torch.nn as nn
import torch.nn.functional as F


class Bottleneck(nn.Module):
    def __init__(self, channels, stride=1):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, stride=stride, padding=1, groups=channels, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.pointwise = nn.Conv2d(channels, channels * 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels * 2)

    def forward(self, x):
        x = F.relu6(self.bn1(self.depthwise(x)))
        return F.relu6(self.bn2(self.pointwise(x)))


class MobileLikeNet(nn.Module):
    def __init__(self, in_channels, width, num_classes):
        super().__init__()
        self.stem = nn.Conv2d(in_channels, width, 3, stride=2, padding=1)
        self.blocks = nn.Sequential(Bottleneck(width), Bottleneck(width * 2, 2), Bottleneck(width * 4, 2))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(width * 8, num_classes)

    def forward(self, x):
        return self.classifier(self.pool(self.blocks(self.stem(x))).flatten(1))


def train_model(X_train, y_train, X_val, y_val, device, width=16, lr=0.05, epochs=20):
    model = MobileLikeNet(X_train.shape[1], width, int(y_train.max()) + 1).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, nesterov=True)
    for _ in range(epochs):
        for xb, yb in zip(X_train.split(64), y_train.split(64)):
            loss = F.cross_entropy(model(xb.to(device)), yb.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model, {"train_loss": loss.item()}
