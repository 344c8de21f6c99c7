import torch
import torch.nn as nn


def train_model(X_train, y_train, X_val, y_val, device, hidden=128, lr=0.001, epochs=30):
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
    with torch.no_grad():
        acc = (model(X_val.to(device)).argmax(1).cpu() == y_val).float().mean().item()
    return model, {"val_accuracy": acc}
