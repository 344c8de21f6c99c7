"""Mixed precision, new style, with a scaler and pinned batches."""

import torch
from torch import nn
from torch.amp import GradScaler, autocast
from torch.utils.data import DataLoader, TensorDataset


class SmallCNN(nn.Module):
    def __init__(self, channels, width, classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            nn.MaxPool2d(2), nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(1),
        )
        self.classifier = nn.Linear(2 * width, classes)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def train_model(X_train, y_train, X_val, y_val, device, width=4, lr=3e-3, epochs=2, batch_size=16):
    if not torch.cuda.is_available():
        raise EnvironmentError("AMP training needs CUDA")
    torch.backends.cudnn.benchmark = False
    torch.backends.cuda.matmul.allow_tf32 = True
    model = SmallCNN(X_train.shape[1], width, int(y_train.max()) + 1)
    model = model.to("cuda", memory_format=torch.channels_last)
    scaler = GradScaler("cuda")
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    loader = DataLoader(
        TensorDataset(X_train, y_train), batch_size=batch_size, shuffle=True, pin_memory=True, drop_last=True
    )
    for _ in range(epochs):
        for images, labels in loader:
            images = images.to("cuda", non_blocking=True, memory_format=torch.channels_last)
            labels = labels.to("cuda", non_blocking=True)
            optimizer.zero_grad(set_to_none=True)
            with autocast("cuda", dtype=torch.float16):
                loss = nn.functional.cross_entropy(model(images), labels, label_smoothing=0.1)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
    model.eval()
    with torch.inference_mode(), autocast(device_type="cuda"):
        logits = model(X_val.to("cuda"))
    return model, {
        "val_acc": (logits.argmax(1).cpu() == y_val).float().mean().item(),
        "scale": scaler.get_scale(),
        "loss": loss.item(),
    }
