from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from trainstore.execution.worker.metrics import InvalidResult, sort_metrics
from trainstore.execution.worker.training import check_pair

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "travels_as"),
    [
        (True, True),
        (np.bool_(False), False),
        (3, 3),
        (np.int8(-3), -3),
        (0.1, (0.1).hex()),
        (np.float32(0.1), float(np.float32(0.1)).hex()),
        (np.float16(0.5), (0.5).hex()),
        (np.longdouble(0.5), (0.5).hex()),
        (np.array(0.5), (0.5).hex()),
        (np.array([[2]]), 2),
        (torch.tensor(0.5), (0.5).hex()),
        (torch.tensor([7]), 7),
        (torch.tensor(True), True),
        (torch.tensor(0.5, dtype=torch.bfloat16), (0.5).hex()),
        (nn.Parameter(torch.tensor(0.5)), (0.5).hex()),
    ],
)
def test_a_number_of_any_kind_is_a_metric(value: Any, travels_as: int | str) -> None:
    found = sort_metrics({"m": value})
    assert found.metrics == {"m": travels_as}
    assert type(found.metrics["m"]) is type(travels_as)


@pytest.mark.parametrize(
    ("value", "points"),
    [
        ([], []),
        ([1, 2.0], [1, (2.0).hex()]),
        ((torch.tensor(1), np.float64(0.5)), [1, (0.5).hex()]),
        (np.array([0.5, NAN]), [(0.5).hex(), "nan"]),
        (torch.tensor([1.0, 2.0], requires_grad=True), [(1.0).hex(), (2.0).hex()]),
        ([0.5], [(0.5).hex()]),
    ],
)
def test_numbers_in_a_row_are_a_curve(value: Any, points: list[int | str]) -> None:
    assert sort_metrics({"m": value}).curves == {"m": points}


@pytest.mark.parametrize(
    "value",
    [
        "good",
        None,
        {},
        object(),
        Decimal(1),
        1 + 2j,
        torch.tensor(1j),
        1 << 63,
        [[1]],
        [1, "a"],
        np.zeros((2, 2)),
        b"bytes",
    ],
    ids=range(12),
)
def test_what_is_no_number_and_no_curve_is_only_named(value: Any) -> None:
    assert sort_metrics({"m": value, "loss": 1.0}).unrecorded == ["m"]


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        ({"val_loss": NAN}, "metric 'val_loss' is nan"),
        ({"val_loss": torch.tensor(float("-inf"))}, "metric 'val_loss' is -inf"),
        ({"m": [0] * 100_001}, "100001 points"),
        ({3: 1.0}, "name 3"),
        ({"": 1.0}, "name ''"),
        ({"m" * 201: 1.0}, "cannot be recorded"),
        ({"a\x1b[2Jb": 1.0}, r"\\x1b"),
        ({"a\nb": 1.0}, "cannot be recorded"),
        ({"\ud800": 1.0}, r"\\ud800"),
        ({f"m{number}": 1 for number in range(1001)}, "1001 metrics"),
        ({f"m{number}": [0] * 100_000 for number in range(11)}, "1000000 points together"),
    ],
    ids=range(11),
)
def test_anything_else_is_named_and_refused(returned: dict[Any, Any], sentence: str) -> None:
    with pytest.raises(InvalidResult, match=sentence):
        sort_metrics(returned)


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        (None, "of type NoneType"),
        (nn.Linear(1, 1), "of type Linear"),
        ((nn.Linear(1, 1),), "1 values"),
        ((nn.Linear(1, 1), {}, {}), "3 values"),
        (({}, nn.Linear(1, 1)), "the model .* is of type dict"),
        (({"weight": torch.zeros(1)}, {}), "the model .* is of type dict"),
        ((nn.Linear, {}), "the model .* is of type type"),
        ((nn.Linear(1, 1), [0.5]), "the metrics .* are of type list"),
        ((nn.Linear(1, 1), 0.5), "the metrics .* are of type float"),
    ],
)
def test_train_model_must_return_a_model_and_a_dict(returned: object, sentence: str) -> None:
    with pytest.raises(InvalidResult, match=sentence):
        check_pair(returned)


def test_a_list_of_two_will_do() -> None:
    model = nn.Linear(1, 1)
    assert check_pair([model, {"loss": 1}]) == (model, {"loss": 1})
