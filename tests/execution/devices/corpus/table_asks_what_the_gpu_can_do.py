"""Looks at the GPU before it chooses a type and a batch size, and reports memory."""

import torch
from torch import nn


def describe_gpu():
    properties = torch.cuda.get_device_properties(0)
    print(f"{torch.cuda.get_device_name(0)}: {properties.total_memory / 1024**3:.1f} GiB, "
          f"{properties.multi_processor_count} SMs, current {torch.cuda.current_device()}")
    free, total = torch.cuda.mem_get_info()
    return free > 0 and total >= free


def train_model(X_train, y_train, X_val, y_val, device, lr=0.01):
    if torch.cuda.device_count() < 1:
        raise RuntimeError("at least one GPU is needed")
    assert describe_gpu()
    torch.cuda.reset_peak_memory_stats()
    major, _ = torch.cuda.get_device_capability()
    dtype = torch.bfloat16 if major >= 8 and torch.cuda.is_bf16_supported() else torch.float16
    model = nn.Sequential(nn.Linear(X_train.shape[1], 16), nn.ReLU(), nn.Linear(16, 3)).to(torch.cuda.current_device())
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    with torch.cuda.device(0):
        X, y = X_train.to(device), y_train.to(device)
    for _ in range(3):
        with torch.cuda.nvtx.range("step"), torch.autocast(device_type=device.type, dtype=dtype):
            loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(torch.cuda.memory_summary(), torch.cuda.memory_stats().get("num_alloc_retries", 0))
    torch.cuda.synchronize(device)
    peak = torch.cuda.max_memory_allocated() + torch.cuda.memory_reserved()
    with torch.no_grad():
        accuracy = (model(X_val.to(device)).argmax(1) == y_val.to(device)).float().mean().item()
    return model, {"loss": loss.item(), "accuracy": accuracy, "peak_memory_mb": peak / 1e6}
