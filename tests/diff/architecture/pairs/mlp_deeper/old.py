import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset


class MLPClassifier(nn.Module):
    """Simple feed-forward network for tabular data."""

    def __init__(self, input_dim, hidden_dim, num_classes, dropout):
        super(MLPClassifier, self).__init__()
        self.fc1 = nn.Linear(input_dim, hidden_dim)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.fc2 = nn.Linear(hidden_dim, num_classes)

    def forward(self, x):
        x = self.dropout(self.relu(self.fc1(x)))
        return self.fc2(x)


def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    lr = hyperparams.get("lr", 1e-3)
    hidden_size = hyperparams.get("hidden_size", 64)
    dropout = hyperparams.get("dropout", 0.1)
    batch_size = hyperparams.get("batch_size", 32)
    epochs = hyperparams.get("epochs", 20)

    num_classes = len(torch.unique(y_train))
    model = MLPClassifier(X_train.shape[1], hidden_size, num_classes, dropout).to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters(), lr=lr)
    train_loader = DataLoader(TensorDataset(X_train, y_train), batch_size=batch_size, shuffle=True)

    history = []
    for epoch in range(epochs):
        model.train()
        running_loss = 0.0
        for inputs, targets in train_loader:
            inputs, targets = inputs.to(device), targets.to(device)
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs, targets)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
        history.append(running_loss / len(train_loader))

    model.eval()
    with torch.no_grad():
        logits = model(X_val.to(device))
        val_loss = criterion(logits, y_val.to(device)).item()
        accuracy = (logits.argmax(dim=1).cpu() == y_val).float().mean().item()
    return model, {"val_loss": val_loss, "val_accuracy": accuracy, "train_losses": history}
