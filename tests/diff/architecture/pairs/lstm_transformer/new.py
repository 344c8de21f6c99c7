import math

import torch
from torch import nn


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=512):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(1, max_len, d_model)
        pe[0, :, 0::2] = torch.sin(position * div_term)
        pe[0, :, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        x = x + self.pe[:, : x.size(1)]
        return self.dropout(x)


class TransformerClassifier(nn.Module):
    def __init__(self, input_size, d_model, nhead, num_layers, num_classes, dropout):
        super().__init__()
        self.input_proj = nn.Linear(input_size, d_model)
        self.pos_encoder = PositionalEncoding(d_model, dropout)
        encoder_layer = nn.TransformerEncoderLayer(
            d_model=d_model, nhead=nhead, dim_feedforward=d_model * 4, dropout=dropout, batch_first=True
        )
        self.encoder = nn.TransformerEncoder(encoder_layer, num_layers=num_layers)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, d_model))
        self.fc = nn.Linear(d_model, num_classes)

    def forward(self, x):
        x = self.input_proj(x)
        tokens = self.cls_token.expand(x.size(0), -1, -1)
        x = torch.cat([tokens, x], dim=1)
        x = self.encoder(self.pos_encoder(x))
        return self.fc(x[:, 0])


def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    d_model = hyperparams["d_model"]
    num_layers = hyperparams["num_layers"]
    epochs = hyperparams.get("epochs", 30)
    model = TransformerClassifier(
        input_size=X_train.shape[2],
        d_model=d_model,
        nhead=hyperparams.get("nhead", 4),
        num_layers=num_layers,
        num_classes=int(y_train.max()) + 1,
        dropout=hyperparams.get("dropout", 0.1),
    ).to(device)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = torch.optim.AdamW(model.parameters(), lr=hyperparams["lr"], weight_decay=1e-2)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(X_train, y_train), batch_size=hyperparams.get("batch_size", 32), shuffle=True
    )
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=hyperparams["lr"], epochs=epochs, steps_per_epoch=len(loader)
    )
    for epoch in range(epochs):
        model.train()
        for xb, yb in loader:
            xb, yb = xb.to(device), yb.to(device)
            loss = criterion(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
    model.eval()
    with torch.no_grad():
        predictions = model(X_val.to(device)).argmax(dim=1).cpu()
    return model, {"val_accuracy": (predictions == y_val).float().mean().item()}
