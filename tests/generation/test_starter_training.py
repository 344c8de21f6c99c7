"""What the starters' train_model returns, on real data of every kind and task that they claim."""

import math
import pickle
from collections.abc import Callable
from typing import Any

import cloudpickle
import pytest
import torch
from sklearn.datasets import load_iris
from torch.nn import functional as F

from trainstore.generation.starters_catalogue import all_starters

CLAIMS = [(starter.model_name, kind) for starter in all_starters() for kind in starter.fits]
MADE_FOR = [(starter.model_name, starter.fits[0]) for starter in all_starters()]
TASKS = ["classification", "regression"]


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(("model_name", "kind"), CLAIMS)
def test_claims_hold_for_the_model_called_on_raw_data(
    train: Callable[..., Any], samples: Callable[..., Any], model_name: str, kind: str, task: str, bits: int
) -> None:
    X, y = samples(kind, task)
    trained = train(model_name, X, y, epochs=2, quantization_bits=bits)
    output, metrics = trained.predict(trained.X_val), trained.metrics
    assert output.dtype == torch.float32
    if task == "classification":
        assert output.shape == (20, 10)
        accuracy = (output.argmax(dim=1) == trained.y_val).float().mean().item()
        assert metrics["val_accuracy"] == accuracy
        assert metrics["val_loss"] == pytest.approx(F.cross_entropy(output, trained.y_val).item(), rel=1e-4)
    else:
        assert output.shape == (20,)
        mse = F.mse_loss(output, trained.y_val).item()
        assert metrics["val_mse"] == pytest.approx(mse, rel=1e-4)
        assert metrics["val_mae"] == pytest.approx(F.l1_loss(output, trained.y_val).item(), rel=1e-4)
        r2 = 1 - mse / trained.y_val.var(correction=0).item()
        assert metrics["val_r2"] == pytest.approx(r2, abs=1e-4)


@pytest.mark.parametrize(("model_name", "kind"), MADE_FOR)
def test_metrics_are_plain_finite_numbers_and_curves(
    train: Callable[..., Any], samples: Callable[..., Any], model_name: str, kind: str
) -> None:
    trained = train(model_name, *samples(kind, "classification"), epochs=3)
    curves = [trained.metrics.pop("train_losses"), trained.metrics.pop("val_losses")]
    assert all(type(value) in (int, float) for value in trained.metrics.values())
    assert all(math.isfinite(value) for value in [*trained.metrics.values(), *curves[0], *curves[1]])
    assert [len(curve) for curve in curves] == [3, 3]
    assert trained.metrics["parameters"] == sum(tensor.numel() for tensor in trained.model.parameters())
    assert not trained.model.training


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(("model_name", "kind"), MADE_FOR)
def test_training_lowers_the_loss(
    train: Callable[..., Any], samples: Callable[..., Any], model_name: str, kind: str, task: str
) -> None:
    losses = train(model_name, *samples(kind, task), epochs=5, batch_size=8, lr=0.003).metrics["train_losses"]
    assert losses[-1] < 0.9 * losses[0]


def test_the_mlp_learns_iris(train: Callable[..., Any]) -> None:
    X, y = load_iris(return_X_y=True)
    shuffled = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    trained = train("MLP", torch.tensor(X, dtype=torch.float32)[shuffled], torch.tensor(y)[shuffled])
    assert trained.metrics["val_accuracy"] >= 0.9


@pytest.mark.parametrize(("model_name", "kind"), MADE_FOR)
def test_equal_seeds_give_equal_bits(
    train: Callable[..., Any], samples: Callable[..., Any], model_name: str, kind: str
) -> None:
    X, y = samples(kind, "classification")
    first, again, other = (train(model_name, X, y, seed=seed, epochs=2) for seed in (1, 1, 2))
    assert again.metrics == first.metrics
    expected = weights(first.model)
    for name, tensor in weights(again.model).items():
        assert torch.equal(tensor, expected[name]), name
    assert other.metrics["train_losses"] != first.metrics["train_losses"]


@pytest.mark.parametrize(("model_name", "kind"), MADE_FOR)
def test_the_weights_of_the_best_epoch_are_restored(
    train: Callable[..., Any], samples: Callable[..., Any], model_name: str, kind: str
) -> None:
    X, y = samples(kind, "classification")
    drawn = torch.randint(0, 10, y.shape, generator=torch.Generator().manual_seed(0))
    # Labels that say nothing can only be learned by heart: the validation loss soon rises.
    metrics = train(model_name, X, drawn, epochs=8, lr=0.01, batch_size=8).metrics
    best = metrics["val_losses"].index(min(metrics["val_losses"]))
    assert metrics["val_losses"][-1] > metrics["val_losses"][best], "the last epoch is the best"
    assert metrics["best_epoch"] == best + 1
    assert metrics["val_loss"] == metrics["val_losses"][best]
    assert metrics["train_loss"] == metrics["train_losses"][best]


def test_training_stops_when_the_validation_loss_rises(
    train: Callable[..., Any], samples: Callable[..., Any]
) -> None:
    metrics = train("MLP", *samples("tabular", "regression"), epochs=200, lr=0.01).metrics
    assert len(metrics["val_losses"]) == metrics["best_epoch"] + 20 < 200


@pytest.mark.parametrize(("model_name", "kind"), MADE_FOR)
def test_fewer_bits_are_stored_and_predict_nearly_the_same(
    train: Callable[..., Any], samples: Callable[..., Any], model_name: str, kind: str
) -> None:
    X, y = samples(kind, "classification")
    full, half, eighth = (train(model_name, X, y, epochs=2, quantization_bits=bits) for bits in (32, 16, 8))
    expected = full.predict(full.X_val)
    span = (expected.max() - expected.min()).item()
    for trained, dtype, error, share in ((half, torch.float16, 0.002, 0.6), (eighth, torch.int8, 0.05, 0.4)):
        assert (trained.predict(full.X_val) - expected).abs().max().item() < error * span
        stored = [tensor for tensor in weights(trained.model).values() if tensor.dtype == dtype]
        assert sum(tensor.numel() for tensor in stored) > 0.8 * full.metrics["parameters"]
        assert trained.metrics["weight_bytes"] < share * full.metrics["weight_bytes"]
        assert trained.metrics["parameters"] == full.metrics["parameters"]


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize(("model_name", "kind"), MADE_FOR)
def test_a_pickled_model_predicts_the_same_without_its_code(
    train: Callable[..., Any], samples: Callable[..., Any], model_name: str, kind: str, bits: int
) -> None:
    trained = train(model_name, *samples(kind, "classification"), epochs=1, quantization_bits=bits)
    before = trained.predict(
        trained.X_val
    )  # an LSTM keeps what it last computed with: it must not be pickled
    pickled = cloudpickle.dumps(trained.model)
    assert len(pickled) < trained.metrics["weight_bytes"] + 60_000
    restored = pickle.loads(pickled)
    with torch.no_grad():
        assert torch.equal(restored(trained.X_val), before)
    restored.load_state_dict(trained.model.state_dict())


def test_bits_that_no_scheme_has_are_refused(train: Callable[..., Any], samples: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="8, 16 or 32, not 4"):
        train("MLP", *samples("tabular", "classification"), epochs=1, quantization_bits=4)


def test_training_that_diverges_says_so(train: Callable[..., Any], samples: Callable[..., Any]) -> None:
    X, y = samples("tabular", "regression")
    with pytest.raises(ValueError, match="never finite"):
        train("MLP", X, torch.full_like(y, torch.nan), epochs=2)
