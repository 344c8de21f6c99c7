"""Loads its batches in processes that import this module anew, where it refuses to be without CUDA."""

import torch
import torch.multiprocessing as mp
from torch import nn
from torch.utils.data import DataLoader, Dataset

if not torch.cuda.is_available():
    raise RuntimeError("CUDA is not available")
MEAN = torch.tensor([0.5]).cuda()


class Images(Dataset):
    def __init__(self, X, y):
        self.X, self.y = X, y

    def __len__(self):
        return len(self.X)

    def __getitem__(self, index):
        image = self.X[index].to("cuda") - MEAN
        return image.cpu().flip(-1) if index % 2 else image.cpu(), self.y[index]


def train_model(X_train, y_train, X_val, y_val, device, lr=0.05, channels=3):
    context = mp.get_context("spawn")
    loader = DataLoader(
        Images(X_train, y_train), batch_size=16, shuffle=True, num_workers=1, multiprocessing_context=context,
        pin_memory=True, persistent_workers=True,
    )
    model = nn.Sequential(nn.Conv2d(1, channels, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(3)).to(device)
    model(X_train[:1].to(device))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(2):
        for images, labels in loader:
            loss = nn.functional.cross_entropy(model(images.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        val_loss = nn.functional.cross_entropy(model(X_val.cuda()), y_val.cuda())
    return model, {"val_loss": val_loss.item()}
