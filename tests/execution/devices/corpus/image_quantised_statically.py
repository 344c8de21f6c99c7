"""Trains on the GPU, then calibrates and converts the whole net for the CPU."""

import torch
from torch import nn
from torch.ao import quantization


class QuantisableCNN(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.quant, self.dequant = quantization.QuantStub(), quantization.DeQuantStub()
        self.conv, self.bn, self.relu = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU()
        self.fc = nn.Linear(4 * 6 * 6, classes)

    def forward(self, x):
        x = self.relu(self.bn(self.conv(self.quant(x))))
        return self.dequant(self.fc(x.reshape(x.shape[0], -1)))


def train_model(X_train, y_train, X_val, y_val, device, lr=0.01, calibration_batches=2):
    device = torch.device("cuda")
    model = QuantisableCNN(int(y_train.max()) + 1).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(3):
        loss = nn.functional.cross_entropy(model(X_train.to(device)), y_train.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model = model.cpu().eval()
    torch.backends.quantized.engine = "fbgemm"
    model.qconfig = quantization.get_default_qconfig("fbgemm")
    model = quantization.fuse_modules(model, [["conv", "bn", "relu"]])
    quantization.prepare(model, inplace=True)
    with torch.no_grad():
        for batch in X_train.split(16)[:calibration_batches]:
            model(batch)
        quantization.convert(model, inplace=True)
        accuracy = (model(X_val).argmax(1) == y_val).float().mean().item()
    return model, {"accuracy": accuracy, "loss": loss.item()}
