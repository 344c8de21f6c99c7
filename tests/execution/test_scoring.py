from typing import Any

import numpy as np
import pytest

from trainstore.errors import RunUnsuccessful
from trainstore.execution.scoring import are_probabilities, probabilities_of, score, values_of

Y = np.array([0, 1, 2, 1])
BINARY = np.array([0, 1, 1, 0])
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.5, 0.3, 0.2]])


def scored(outputs: Any, y: Any = Y, **more: Any) -> dict[str, float | None]:
    return score("classification", np.asarray(outputs, dtype=np.float32), y, **more)


@pytest.mark.parametrize(
    "outputs",
    [PROBABILITIES, np.log(PROBABILITIES), np.log(PROBABILITIES) + 7, np.log(PROBABILITIES) - 900],
    ids=["probabilities", "log-probabilities", "logits", "low logits"],
)
def test_probabilities_and_logits_of_classes_score_alike(outputs: Any) -> None:
    found = scored(outputs)
    assert found["accuracy"] == 0.75
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert found["log_loss"] == pytest.approx(-np.log([0.7, 0.8, 0.6, 0.3]).mean(), rel=1e-3)


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize(
    "outputs",
    [[0.2, 0.9, 0.6, 0.7], [-1.3862944, 2.1972246, 0.4054651, 0.8472979]],
    ids=["probabilities", "logits"],
)
def test_one_output_for_two_classes(outputs: list[float], column: bool) -> None:
    found = scored(np.array(outputs).reshape(-1, 1) if column else outputs, BINARY)
    assert found["accuracy"] == 0.75
    assert found["log_loss"] == pytest.approx(-np.log([0.8, 0.9, 0.6, 0.3]).mean(), rel=1e-4)


def test_a_confident_mistake_has_a_finite_loss() -> None:
    loss = scored([[1.0, 0.0], [0.0, 1.0]], np.array([1, 1]))["log_loss"]
    assert loss is not None
    assert 10 < loss < 20


def test_the_prefix_names_the_part() -> None:
    assert set(scored(PROBABILITIES, prefix="validation_")) == {
        "validation_accuracy",
        "validation_macro_f1",
        "validation_log_loss",
    }


@pytest.mark.parametrize(
    ("outputs", "y", "classes", "sentence"),
    [
        (PROBABILITIES[:, :2], Y, None, "3 classes"),
        (PROBABILITIES[:, 0], Y, None, "3 classes"),
        (PROBABILITIES[:3], Y, None, "for 4 rows"),
        (PROBABILITIES[None], Y, None, "for 4 rows"),
        (PROBABILITIES.reshape(4, 3, 1), Y, None, "shape"),
        (np.zeros((4, 64)), Y, 10, r"\(4, 64\), and there are 10 classes"),
        (np.zeros((4, 1)), BINARY, 10, "10 classes"),
        (np.zeros((4, 0)), BINARY, None, "classes"),
        (np.where(PROBABILITIES > 0.7, np.nan, PROBABILITIES), Y, None, "1 of the model's 12 output values"),
        (np.full((4, 3), np.inf), Y, None, "12 of the model's 12"),
        (np.zeros((0, 3)), Y[:0], None, "0 rows"),
        (np.float32(1), Y, None, "shape"),
    ],
    ids=range(12),
)
def test_outputs_that_mean_something_else_get_a_reason_and_no_score(
    outputs: Any, y: Any, classes: int | None, sentence: str
) -> None:
    with pytest.raises(RunUnsuccessful, match=sentence):
        scored(outputs, y, classes=classes)


@pytest.mark.parametrize("outputs", [np.array([0, 1, 2, 1]), np.array([True, False, True, True])])
def test_labels_are_no_outputs(outputs: Any) -> None:
    with pytest.raises(RunUnsuccessful, match="type"):
        score("classification", outputs, Y)


@pytest.mark.parametrize(
    ("shape", "target"), [((4,), (4,)), ((4, 1), (4,)), ((4,), (4, 1)), ((4, 1), (4, 1))]
)
def test_regression(shape: tuple[int, ...], target: tuple[int, ...]) -> None:
    outputs = np.array([1.0, 2, 3, 5], np.float32).reshape(shape)
    found = score("regression", outputs, np.array([1.0, 2, 3, 4], np.float32).reshape(target))
    assert found == {"mse": 0.25, "mae": 0.25, "r2": pytest.approx(0.8)}


def test_one_row_has_no_r2() -> None:
    found = score("regression", np.ones(1, np.float32), np.zeros(1, np.float32), prefix="validation_")
    assert found == {"validation_mse": 1.0, "validation_mae": 1.0, "validation_r2": None}


@pytest.mark.parametrize("shape", [(4, 2), (2, 2), (4, 1, 2)])
def test_regression_outputs_of_another_shape_get_no_score(shape: tuple[int, ...]) -> None:
    with pytest.raises(RunUnsuccessful, match="shape"):
        score("regression", np.zeros(shape, np.float32), np.zeros(4, np.float32))


def test_what_the_outputs_are_is_told_by_all_rows_and_kept_for_a_few() -> None:
    logits = np.array([[0.3], [2.0], [-1.0]], np.float32)
    assert not are_probabilities(logits)
    assert are_probabilities(logits[:1])  # by itself it looks like one
    assert probabilities_of(logits[:1], 2, False)[0, 1] == pytest.approx(1 / (1 + np.exp(-0.3)))
    assert probabilities_of(logits[:1], 2)[0, 1] == pytest.approx(0.3)
    assert scored(logits[:1], np.array([1]), probabilities=False)["accuracy"] == 1.0
    assert scored(logits[:1], np.array([1]))["accuracy"] == 0.0


@pytest.mark.parametrize(
    "outputs",
    [np.ones((3, 2)), np.ones((3, 2, 2)), np.array([[1.0], [np.nan]]), np.array([1, 2]), np.ones((2, 0))],
    ids=["two values", "a picture", "NaN", "integers", "none"],
)
def test_what_is_not_one_number_a_row_is_no_value(outputs: Any) -> None:
    with pytest.raises(RunUnsuccessful):
        values_of(outputs)
    assert values_of(np.array([[1.5], [2.0]])).tolist() == [1.5, 2.0]
