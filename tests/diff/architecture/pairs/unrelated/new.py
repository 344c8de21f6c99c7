import torch
from torch import nn


class GRURegressor(nn.Module):
    """Encoder-decoder that forecasts a value from a token sequence."""

    def __init__(self, vocabulary, embedding_dim, hidden_dim):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding_dim, padding_idx=0)
        self.encoder = nn.GRU(embedding_dim, hidden_dim, num_layers=2, batch_first=True)
        self.decoder = nn.GRUCell(hidden_dim, hidden_dim)
        self.value = nn.Linear(hidden_dim, 1)

    def forward(self, tokens):
        states, hidden = self.encoder(self.embedding(tokens.long()))
        return self.value(self.decoder(states[:, -1], hidden[-1])).squeeze(-1)


def train_model(X_train, y_train, X_val, y_val, device, hidden_dim=96, lr=3e-4, epochs=50):
    model = GRURegressor(1000, 64, hidden_dim).to(device)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=lr)
    criterion = nn.SmoothL1Loss(beta=0.5)
    best, waited = float("inf"), 0
    for epoch in range(epochs):
        model.train()
        optimizer.zero_grad()
        loss = criterion(model(X_train.to(device)), y_train.float().to(device))
        loss.backward()
        optimizer.step()
        if loss.item() < best - 1e-4:
            best, waited = loss.item(), 0
        else:
            waited += 1
            if waited >= 5:
                break
    return model, {"train_loss": best}
