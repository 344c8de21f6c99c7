"""A regression with a gradient of its own, which names the GPU in its backward pass and in a hook."""

import torch
from torch import nn
from torch.amp import custom_bwd, custom_fwd


class ScaledTanh(torch.autograd.Function):
    @staticmethod
    @custom_fwd(device_type="cuda")
    def forward(ctx, x, scale):
        out = torch.tanh(x * scale)
        ctx.save_for_backward(out)
        ctx.scale = scale
        return out

    @staticmethod
    @custom_bwd(device_type="cuda")
    def backward(ctx, grad):
        (out,) = ctx.saved_tensors
        one = torch.ones(1, device="cuda")
        return grad * (one - out.cuda() ** 2) * torch.tensor(ctx.scale, device="cuda"), None


class Net(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.first, self.last = nn.Linear(features, 8), nn.Linear(8, 1)

    def forward(self, x):
        return self.last(ScaledTanh.apply(self.first(x), 0.7)).squeeze(-1)


def train_model(X_train, y_train, X_val, y_val, device, lr=0.05):
    model = Net(X_train.shape[1]).to("cuda:0")
    model.first.weight.register_hook(lambda grad: grad + torch.full_like(grad, 1e-3, device="cuda"))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    X, y = X_train.to("cuda:0"), y_train.to("cuda:0").float()
    for _ in range(4):
        loss = nn.functional.mse_loss(model(X), y)
        optimizer.zero_grad()
        loss.backward(retain_graph=False)
        optimizer.step()
    with torch.no_grad():
        rmse = nn.functional.mse_loss(model(X_val.to("cuda:0")), y_val.to("cuda:0").float()).sqrt()
    return model, {"rmse": rmse.item(), "loss": loss.item()}
