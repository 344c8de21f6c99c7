import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset


class MLPClassifier(nn.Module):
    """Deeper feed-forward network with batch normalisation."""

    def __init__(self, input_dim, hidden_dims, num_classes, dropout):
        super().__init__()
        layers = []
        previous = input_dim
        for hidden in hidden_dims:
            layers.append(nn.Linear(previous, hidden))
            layers.append(nn.BatchNorm1d(hidden))
            layers.append(nn.ReLU(inplace=True))
            layers.append(nn.Dropout(p=dropout))
            previous = hidden
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(previous, num_classes)

    def forward(self, x):
        return self.classifier(self.features(x))


def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    lr = hyperparams.get("lr", 1e-3)
    hidden_size = hyperparams.get("hidden_size", 128)
    num_layers = hyperparams.get("num_layers", 3)
    dropout = hyperparams.get("dropout", 0.3)
    weight_decay = hyperparams.get("weight_decay", 1e-4)
    batch_size = hyperparams.get("batch_size", 32)
    epochs = hyperparams.get("epochs", 20)

    num_classes = len(torch.unique(y_train))
    hidden_dims = [max(hidden_size // (2**i), 16) for i in range(num_layers)]
    model = MLPClassifier(X_train.shape[1], hidden_dims, num_classes, dropout).to(device)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    train_loader = DataLoader(TensorDataset(X_train, y_train), batch_size=batch_size, shuffle=True)

    history = []
    for epoch in range(epochs):
        model.train()
        running_loss = 0.0
        for inputs, targets in train_loader:
            inputs, targets = inputs.to(device), targets.to(device)
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            running_loss += loss.item()
        scheduler.step()
        history.append(running_loss / len(train_loader))

    model.eval()
    with torch.no_grad():
        logits = model(X_val.to(device))
        val_loss = criterion(logits, y_val.to(device)).item()
        accuracy = (logits.argmax(dim=1).cpu() == y_val).float().mean().item()
    return model, {"val_loss": val_loss, "val_accuracy": accuracy, "train_losses": history}
