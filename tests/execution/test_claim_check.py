import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.execution.claim_check import check_claim
from trainstore.records.datasets import Task

MEASURED = {"validation_accuracy": 0.9, "validation_r2": 0.5, "validation_mse": 4.0, "validation_mae": 1.5}


@pytest.mark.parametrize(
    ("claimed", "name", "reproduced"),
    [
        ({"val_acc": 0.9}, "val_acc", True),
        ({"val_acc": 0.905}, "val_acc", True),
        ({"val_acc": 0.99}, "val_acc", False),
        ({"valAccuracy": 0.9}, "valAccuracy", True),
        ({"accuracy": 90.0}, "accuracy", True),
        ({"accuracy": 0.9, "validation_accuracy": 0.99}, "validation_accuracy", False),
        ({"best_val_acc": 0.95, "val_acc": 0.9}, "val_acc", True),
        ({"best_val_acc": 0.95}, "best_val_acc", False),
        ({"VAL_ACC": 0.2}, "VAL_ACC", False),
    ],
)
def test_the_plainest_claim_about_validation_is_checked(
    claimed: Mapping[str, float], name: str, reproduced: bool
) -> None:
    found = check_claim(claimed, MEASURED, "classification")
    assert found is not None
    assert (found["name"], found["measured"], found["reproduced"]) == (name, 0.9, reproduced)


@pytest.mark.parametrize(
    ("claimed", "claimed_as", "reproduced"),
    [
        ({"val_rmse": 2.0}, 4.0, True), ({"val_mse": 4.03}, 4.03, True), ({"val_mse": 3.0}, 3.0, False),
        ({"mae": 1.5}, 1.5, True), ({"r2": 0.7}, 0.7, False), ({"r2_score": 0.5}, 0.5, True),
    ],
)  # fmt: skip
def test_errors_of_regression_are_checked(
    claimed: Mapping[str, float], claimed_as: float, reproduced: bool
) -> None:
    found = check_claim(claimed, MEASURED, "regression")
    assert found is not None
    assert (found["claimed"], found["reproduced"]) == (claimed_as, reproduced)


@pytest.mark.parametrize("name", ["val_log_loss", "valLogLoss", "val_nll", "val_cross_entropy", "val_ce"])
def test_a_loss_is_checked_where_its_name_says_which_one_it_is(name: str) -> None:
    for measured, claimed, reproduced in (
        (0.3, 0.302, True), (0.3, 0.31, False), (2e-7, 0.0, True), (0.3, 0.0, False)
    ):  # fmt: skip
        found = check_claim({name: claimed}, {"validation_log_loss": measured}, "classification")
        assert found == {"name": name, "claimed": claimed, "measured": measured, "reproduced": reproduced}


@pytest.mark.parametrize(
    "name", ["val_loss", "loss", "train_log_loss", "val_entropy", "val_once", "balanced_nll"]
)
def test_another_loss_is_not(name: str) -> None:
    assert check_claim({name: 0.1}, {"validation_log_loss": 0.3}, "classification") is None


def test_an_accuracy_goes_before_a_loss() -> None:
    measured = {"validation_accuracy": 0.9, "validation_log_loss": 0.3}
    found = check_claim({"val_log_loss": 0.1, "val_acc": 0.9}, measured, "classification")
    assert found is not None and found["name"] == "val_acc"


@pytest.mark.parametrize(
    ("claimed", "task"),
    [
        ({}, "classification"), ({"train_acc": 0.1}, "classification"), ({"test_accuracy": 0.1}, "classification"),
        ({"val_top5_acc": 1.0}, "classification"), ({"val_loss": 0.1}, "classification"), ({"mse": 1.0}, "classification"),
        ({"accuracy": 1.0}, "regression"), ({"val_acc": float("nan")}, "classification"), ({"val_acc": True}, "classification"),
        ({"val_acc": None}, "classification"), ({"accelerate": 0.1}, "classification"), ({"macro": 0.1}, "classification"),
        ({"val_balanced_accuracy": 0.1}, "classification"), ({"val_acc": 10**400}, "classification"),
    ],
)  # fmt: skip
def test_what_was_not_measured_is_no_claim(claimed: Mapping[str, object], task: Task) -> None:
    assert check_claim(claimed, MEASURED, task) is None


def test_where_validation_was_not_measured_there_is_nothing_to_check() -> None:
    assert (
        check_claim({"val_acc": 1.0}, {"accuracy": 0.9, "validation_accuracy": None}, "classification")
        is None
    )


@given(
    st.dictionaries(
        st.text(max_size=30), st.floats() | st.integers() | st.none() | st.booleans() | st.text(max_size=3)
    )
)
def test_any_claim_gets_an_answer(claimed: dict[str, object]) -> None:
    for task in ("classification", "regression"):
        found = check_claim(claimed, MEASURED, task)  # type: ignore[arg-type]
        assert found is None or math.isfinite(found["claimed"])
