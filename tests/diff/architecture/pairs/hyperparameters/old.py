import torch
from torch import nn


class LSTMClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers, num_classes, dropout):
        super().__init__()
        self.lstm = nn.LSTM(
            input_size,
            hidden_size,
            num_layers=num_layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if num_layers > 1 else 0.0,
        )
        self.norm = nn.LayerNorm(hidden_size * 2)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(hidden_size * 2, num_classes)

    def forward(self, x):
        out, (h_n, c_n) = self.lstm(x)
        last = self.norm(out[:, -1, :])
        return self.fc(self.dropout(last))


def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    hidden_size = hyperparams["hidden_size"]
    num_layers = hyperparams["num_layers"]
    model = LSTMClassifier(
        input_size=X_train.shape[2],
        hidden_size=hidden_size,
        num_layers=num_layers,
        num_classes=int(y_train.max()) + 1,
        dropout=hyperparams.get("dropout", 0.2),
    ).to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=hyperparams["lr"])
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(X_train, y_train), batch_size=hyperparams.get("batch_size", 32), shuffle=True
    )
    for epoch in range(hyperparams.get("epochs", 15)):
        model.train()
        for xb, yb in loader:
            xb, yb = xb.to(device), yb.to(device)
            loss = criterion(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
    model.eval()
    with torch.no_grad():
        predictions = model(X_val.to(device)).argmax(dim=1).cpu()
    return model, {"val_accuracy": (predictions == y_val).float().mean().item()}
