"""What is read of losses, optimisers and the like."""

from typing import Any

from trainstore.diff.architecture.compare import compare_architectures
from trainstore.diff.architecture.from_code import read_architecture
from trainstore.diff.architecture.summary import summarise

CODE = """
import torch
from torch import nn
from torch.nn import functional as F

class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0):
        super().__init__()
        self.gamma = gamma

    def forward(self, logits, target):
        ce = F.cross_entropy(logits, target, reduction="none")
        return ((1 - torch.exp(-ce)) ** self.gamma * ce).mean()

def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    config = {"lr": 1e-3, "optimizer": "sgd", **hyperparams}
    model = nn.Linear(X_train.size(-1), int(y_train.max()) + 1)
    criterion = FocalLoss(gamma=1.5)
    groups = [{"params": model.parameters(), "lr": config["lr"]}]
    makers = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
    optimizer = makers[config["optimizer"]](groups, lr=config["lr"])
    bad = 0
    for epoch in range(int(config.get("epochs", 12))):
        with torch.autocast(device_type="cuda"):
            loss = criterion(model(X_train), y_train) / 4
        scaler = torch.amp.GradScaler()
        scaler.scale(loss).backward()
        optimizer.step()
        bad += 1
        if bad >= 7:
            break
    val_loss = F.l1_loss(model(X_val), y_val)
    return {"model": model, "val_loss": val_loss}
"""


def surroundings(code: str, **named: Any) -> dict[str, Any]:
    return dict(read_architecture(code, named).surroundings)


def test_what_the_gradients_come_from_is_the_loss_and_a_metric_is_not() -> None:
    assert surroundings(CODE)["loss"] == {"kind": "FocalLoss", "gamma": 1.5}


def test_a_choice_by_a_hyperparameter_is_followed() -> None:
    assert surroundings(CODE)["optimiser"] == {"kind": "SGD"}
    assert surroundings(CODE, optimizer="adam", lr=0.5)["optimiser"] == {"kind": "Adam", "lr": 0.5}


def test_epochs_and_patience_are_read_from_the_loop() -> None:
    found = surroundings(CODE, epochs=30)
    assert found["training"] == {"epochs": 30}
    assert found["early stopping"] == {"patience": 7}
    assert found["mixed precision"] == {"kind": "autocast"}


def told(old: str, new: str, **named: Any) -> list[str]:
    return summarise(compare_architectures(read_architecture(old, named), read_architecture(new, named)))


def test_a_loss_of_the_code_itself_may_have_another_name() -> None:
    assert told(CODE, CODE.replace("FocalLoss", "HardLoss")) == []
    assert told(CODE, CODE.replace("gamma=1.5", "gamma=3.0")) == ["gamma 1.5→3.0"]
    assert told(CODE, CODE.replace("FocalLoss(gamma=1.5)", "nn.CrossEntropyLoss()")) == [
        "FocalLoss→CrossEntropyLoss"
    ]


def test_a_functional_loss_is_the_one_of_its_class() -> None:
    module = CODE.replace("FocalLoss(gamma=1.5)", "nn.CrossEntropyLoss(label_smoothing=0.1)")
    function = module.replace(
        "criterion(model(X_train), y_train)", "F.cross_entropy(model(X_train), y_train)"
    )
    assert told(module, function) == ["label_smoothing 0.1→0.0"]


def test_quantisation_that_is_only_offered_is_said_to_be() -> None:
    offered = CODE.replace(
        "    val_loss",
        '    if hyperparams.get("bits", 32) == 8:\n'
        "        model = torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)\n"
        "    val_loss",
        1,
    )
    assert surroundings(offered)["quantisation"] == {"kind": "dynamic", "by default": False}
    assert surroundings(offered, bits=8)["quantisation"] == {"kind": "dynamic", "type": "qint8"}
    assert told(CODE, offered) == ["dynamic quantisation offered"]
    assert told(CODE, offered, bits=8) == ["int8 quantisation added"]
