"""Data at the edges: tiny, narrow, constant, short, and classes that the training part lacks."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from trainstore.generation.starters_catalogue import all_starters

KINDS = [(starter.model_name, kind) for starter in all_starters() for kind in starter.fits]


def smallest(kind: str, count: int) -> Any:
    """As small as a kind of data can be: one feature, one pixel, one time step."""
    shapes = {"tabular": (count, 1), "image": (count, 1, 1, 1), "sequence": (count, 1, 1)}
    if kind == "ragged_sequence":
        return [torch.full((1 + number % 2, 1), float(number)) for number in range(count)]
    return torch.arange(count, dtype=torch.float32).reshape(shapes[kind])


@pytest.mark.parametrize(("model_name", "kind"), KINDS)
def test_three_samples_of_one_number_make_a_batch_of_two_and_a_batch_of_one(
    train: Callable[..., Any], model_name: str, kind: str
) -> None:
    trained = train(model_name, smallest(kind, 4), torch.tensor([0, 1, 0, 1]), epochs=1, batch_size=2)
    assert trained.predict(trained.X_val).shape == (1, 2)
    values = train(model_name, smallest(kind, 4), torch.rand(4), epochs=1, batch_size=2)
    assert values.predict(values.X_val).shape == (1,)
    assert values.metrics["val_r2"] == 0.0  # one value has no variance to explain


@pytest.mark.parametrize(("model_name", "kind"), KINDS)
def test_each_sample_is_predicted_alone_as_among_others(
    train: Callable[..., Any], samples: Callable[..., Any], model_name: str, kind: str
) -> None:
    trained = train(model_name, *samples(kind, "regression"), epochs=1)
    together = trained.predict(trained.X_val)
    alone = torch.cat([trained.predict(trained.X_val[place : place + 1]) for place in range(len(together))])
    torch.testing.assert_close(alone, together, rtol=1e-4, atol=1e-2)  # the targets are hundreds


@pytest.mark.parametrize(("model_name", "kind"), KINDS)
def test_the_unit_of_the_data_does_not_matter(
    train: Callable[..., Any], samples: Callable[..., Any], model_name: str, kind: str
) -> None:
    X, y = samples(kind, "classification")
    other = [1024 * x + 512 for x in X]
    scaled = train(model_name, other if kind == "ragged_sequence" else torch.stack(other), y, epochs=1)
    plain = train(model_name, X, y, epochs=1)
    torch.testing.assert_close(scaled.predict(scaled.X_val), plain.predict(plain.X_val), rtol=1e-3, atol=1e-3)


def test_a_transformer_predicts_sequences_of_equal_length_from_one_tensor(
    train: Callable[..., Any], samples: Callable[..., Any]
) -> None:
    trained = train("TransformerEncoder", *samples("ragged_sequence", "classification"), epochs=1)
    X = torch.rand(3, 50, 2)  # longer than any sequence it was trained on
    torch.testing.assert_close(trained.predict(X), trained.predict(list(X)))


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_constant_feature_neither_hurts_nor_decides(train: Callable[..., Any], task: str) -> None:
    X = torch.rand(30, 3)
    X[:, 1] = 0.1
    y = (X[:, 0] > 0.5).long() if task == "classification" else X[:, 0]
    trained = train("MLP", X, y, epochs=2)
    moved = X.clone()
    moved[:, 1] = 0.1001  # far from the constant in units of its (zero) spread
    torch.testing.assert_close(trained.predict(moved), trained.predict(X), atol=1e-2, rtol=0)


def test_a_constant_target_is_predicted(train: Callable[..., Any]) -> None:
    trained = train("MLP", torch.rand(30, 3), torch.full((30,), 7.0), epochs=5)
    assert trained.metrics["val_mae"] < 2


def test_targets_in_large_units_are_predicted_in_them(train: Callable[..., Any]) -> None:
    X = torch.linspace(-1, 1, 90).reshape(-1, 1)[
        torch.randperm(90, generator=torch.Generator().manual_seed(0))
    ]
    trained = train("MLP", X, 5e5 + 1e5 * X[:, 0], epochs=60, dropout=0.0)
    assert trained.metrics["val_r2"] > 0.9


def test_a_class_that_only_the_validation_part_has_gets_a_logit(train: Callable[..., Any]) -> None:
    trained = train("MLP", torch.rand(9, 2), torch.tensor([0, 1, 0, 1, 0, 1, 0, 1, 2]), epochs=1)
    assert trained.predict(torch.rand(5, 2)).shape == (5, 3)


@pytest.mark.parametrize("size", [8, 28, 33])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_any_size_and_number_of_channels_are_taken(
    train: Callable[..., Any], size: int, channels: int
) -> None:
    X = torch.rand(6, channels, size, size + 1)
    trained = train("SimpleCNN", X, torch.tensor([0, 1, 2, 0, 1, 2]), epochs=1, channels=5, stages=3)
    assert trained.predict(X).shape == (6, 3)


def test_a_device_may_be_an_object_as_well_as_a_name(
    starter_module: Callable[[str], Any], samples: Callable[..., Any]
) -> None:
    X, y = samples("tabular", "classification")
    torch.manual_seed(0)
    model, _ = starter_module("MLP").train_model(X, y, X, y, torch.device("cpu"), epochs=1)
    assert model(X).shape == (60, 10)
