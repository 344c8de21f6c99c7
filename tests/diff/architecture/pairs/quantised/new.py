import torch
import torch.nn as nn


def train_model(
    X_train, y_train, X_val, y_val, device, hidden=128, lr=0.001, epochs=30, quantization_bits=8
):
    n_classes = int(y_train.max()) + 1
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(X_train[0].numel(), hidden),
        nn.ReLU(),
        nn.Linear(hidden, hidden // 2),
        nn.ReLU(),
        nn.Linear(hidden // 2, n_classes),
    ).to(device)
    loss_fn = nn.CrossEntropyLoss()
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    X, y = X_train.to(device), y_train.to(device)
    for _ in range(epochs):
        opt.zero_grad()
        loss = loss_fn(model(X), y)
        loss.backward()
        opt.step()
    model.eval()
    # Post-training quantization: weights in int8, computed on the CPU.
    if quantization_bits == 8:
        model = torch.ao.quantization.quantize_dynamic(model.cpu(), {nn.Linear}, dtype=torch.qint8)
    elif quantization_bits == 16:
        model = model.half()
    with torch.no_grad():
        acc = (model(X_val).argmax(1) == y_val).float().mean().item()
    return model, {"val_accuracy": acc, "quantization_bits": quantization_bits}
