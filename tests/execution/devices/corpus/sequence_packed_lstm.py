"""A recurrent net on packed sequences, sent to a device by its name."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence


class LSTMClassifier(nn.Module):
    def __init__(self, channels, hidden, classes):
        super().__init__()
        self.lstm = nn.LSTM(channels, hidden, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * hidden, classes)

    def forward(self, x, lengths=None):
        if lengths is not None:
            x = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
            out, _ = pad_packed_sequence(self.lstm(x)[0], batch_first=True)
            mask = torch.arange(out.size(1), device="cuda")[None] < lengths.to("cuda")[:, None]
            return self.head((out * mask.unsqueeze(-1)).sum(1) / lengths.to("cuda").unsqueeze(-1))
        return self.head(self.lstm(x)[0].mean(1))


def train_model(X_train, y_train, X_val, y_val, device, hidden=8, lr=0.02, epochs=2):
    def collate(sequences):
        lengths = torch.tensor([len(s) for s in sequences], device="cuda")
        return pad_sequence(sequences, batch_first=True).to("cuda", non_blocking=True), lengths

    model = LSTMClassifier(X_train[0].shape[1], hidden, int(y_train.max()) + 1).to("cuda")
    model.lstm.flatten_parameters()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(epochs):
        for start in range(0, len(X_train), 16):
            x, lengths = collate(X_train[start : start + 16])
            loss = nn.functional.cross_entropy(model(x, lengths), y_train[start : start + 16].to("cuda"))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        x, lengths = collate(list(X_val))
        accuracy = (model(x, lengths).argmax(1) == y_val.to("cuda")).float().mean()
    return model, {"val_accuracy": accuracy.item(), "loss": loss.item()}
