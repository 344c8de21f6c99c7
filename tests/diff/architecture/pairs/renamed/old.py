import torch
import torch.nn as nn
import torch.nn.functional as F


class SpatialSelfAttention(nn.Module):
    """Self-attention over the positions of a feature map, with a residual connection."""

    def __init__(self, channels, num_heads=4):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.attn = nn.MultiheadAttention(channels, num_heads, batch_first=True)

    def forward(self, x):
        b, c, h, w = x.shape
        tokens = x.flatten(2).transpose(1, 2)
        normed = self.norm(tokens)
        attended, _ = self.attn(normed, normed, normed, need_weights=False)
        tokens = tokens + attended
        return tokens.transpose(1, 2).reshape(b, c, h, w)


class ConvNet(nn.Module):
    def __init__(self, in_channels, base_channels, num_classes, num_heads):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, base_channels, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(base_channels)
        self.conv2 = nn.Conv2d(base_channels, base_channels * 2, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(base_channels * 2)
        self.attention = SpatialSelfAttention(base_channels * 2, num_heads)
        self.fc = nn.Linear(base_channels * 2, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = self.attention(x)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.fc(x)


def train_model(
    X_train, y_train, X_val, y_val, device, lr=1e-3, base_channels=16, num_heads=4, epochs=10, batch_size=64
):
    num_classes = int(y_train.max().item()) + 1
    model = ConvNet(X_train.shape[1], base_channels, num_classes, num_heads).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    for epoch in range(epochs):
        model.train()
        permutation = torch.randperm(X_train.size(0))
        for i in range(0, X_train.size(0), batch_size):
            indices = permutation[i : i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(X_train[indices].to(device)), y_train[indices].to(device))
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        logits = model(X_val.to(device)).cpu()
    return model, {"val_accuracy": (logits.argmax(1) == y_val).float().mean().item()}
