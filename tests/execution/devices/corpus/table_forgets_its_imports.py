"""Forgets most of its imports, as code cut from a longer answer does, and wants a GPU."""

import torch


class Net(nn.Module):
    def __init__(self, sizes: List[int], dropout: Optional[float] = None):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.dropout = dropout

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.dropout(F.relu(layer(x)), self.dropout or 0.0, self.training)
        return self.layers[-1](x)


def train_model(X_train, y_train, X_val, y_val, device, hidden=8, lr=0.01, dropout=0.1):
    model = Net([X_train.shape[1], hidden, hidden, 3], dropout).to("cuda")
    optimizer = optim.Adam(model.parameters(), lr=lr)
    loader = DataLoader(TensorDataset(X_train, y_train), batch_size=16, shuffle=True)
    losses = []
    for x, y in loader:
        loss = F.cross_entropy(model(x.to("cuda")), y.to("cuda"))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, {"loss": float(np.mean(losses)), "perplexity": math.exp(losses[-1])}
