"""Prefetches on a stream of its own and times its epochs with events."""

import torch
from torch import nn


class Prefetcher:
    def __init__(self, batches):
        self.batches = iter(batches)
        self.stream = torch.cuda.Stream()
        self.preload()

    def preload(self):
        try:
            self.next_x, self.next_y = next(self.batches)
        except StopIteration:
            self.next_x = None
            return
        with torch.cuda.stream(self.stream):
            self.next_x = self.next_x.cuda(non_blocking=True)
            self.next_y = self.next_y.cuda(non_blocking=True)

    def __iter__(self):
        while self.next_x is not None:
            torch.cuda.current_stream().wait_stream(self.stream)
            x, y = self.next_x, self.next_y
            x.record_stream(torch.cuda.current_stream())
            self.preload()
            yield x, y


def train_model(X_train, y_train, X_val, y_val, device, units=10, lr=0.1):
    torch.cuda.set_device(0)
    model = nn.Sequential(nn.Linear(X_train.shape[1], units), nn.ReLU(), nn.Linear(units, 3)).cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    for _ in range(2):
        for x, y in Prefetcher(zip(X_train.pin_memory().split(16), y_train.pin_memory().split(16))):
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    end.record()
    torch.cuda.synchronize()
    with torch.no_grad():
        val_loss = nn.functional.cross_entropy(model(X_val.cuda()), y_val.cuda())
    return model, {"loss": loss.item(), "val_loss": val_loss.item(), "train_time": start.elapsed_time(end) / 1000}
