import torch
import torch.nn as nn
import torch.nn.functional as F


class PixelMixer(nn.Module):
    """Self-attention over the positions of a feature map, with a residual connection."""

    def __init__(self, width, h_count=4):
        super().__init__()
        self.pre = nn.LayerNorm(width)
        self.mixer = nn.MultiheadAttention(width, h_count, batch_first=True)

    def forward(self, x):
        b, c, h, w = x.shape
        seq = x.flatten(2).transpose(1, 2)
        seq_n = self.pre(seq)
        mixed, _ = self.mixer(seq_n, seq_n, seq_n, need_weights=False)
        seq = seq + mixed
        return seq.transpose(1, 2).reshape(b, c, h, w)


class Backbone(nn.Module):
    def __init__(self, c_in, base_channels, k, h_count):
        super().__init__()
        self.stem = nn.Conv2d(c_in, base_channels, kernel_size=3, padding=1)
        self.stem_bn = nn.BatchNorm2d(base_channels)
        self.body = nn.Conv2d(base_channels, base_channels * 2, kernel_size=3, padding=1)
        self.body_bn = nn.BatchNorm2d(base_channels * 2)
        self.mix = PixelMixer(base_channels * 2, h_count)
        self.out = nn.Linear(base_channels * 2, k)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.stem_bn(self.stem(x))), 2)
        x = F.max_pool2d(F.relu(self.body_bn(self.body(x))), 2)
        x = self.mix(x)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.out(x)


def train_model(
    X_train, y_train, X_val, y_val, device, lr=1e-3, base_channels=16, num_heads=4, epochs=10, batch_size=64
):
    k = int(y_train.max().item()) + 1
    model = Backbone(X_train.shape[1], base_channels, k, num_heads).to(device)
    opt = torch.optim.AdamW(model.parameters(), lr=lr)
    for ep in range(epochs):
        model.train()
        order = torch.randperm(X_train.size(0))
        for i in range(0, X_train.size(0), batch_size):
            rows = order[i : i + batch_size]
            opt.zero_grad()
            objective = F.cross_entropy(model(X_train[rows].to(device)), y_train[rows].to(device))
            objective.backward()
            opt.step()
    model.eval()
    with torch.no_grad():
        scores = model(X_val.to(device)).cpu()
    return model, {"val_accuracy": (scores.argmax(1) == y_val).float().mean().item()}
