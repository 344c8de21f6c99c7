import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trainstore.diff.metrics import compare_metrics, direction_of
from trainstore.diff.seeds import compare_seeds


@pytest.mark.parametrize(
    ("direction", "names"),
    [
        ("higher", ["accuracy", "validation_accuracy", "val_acc", "macro_f1", "r2", "test_r2", "roc_auc", "AUC", "f1Score", "top1"]),
        ("lower", ["loss", "val_loss", "log_loss", "mse", "mae", "RMSE", "test-error", "trainLoss", "accuracy_loss"]),
        (None, ["epochs", "best_epoch", "parameters", "glossary", "seconds", "", "🙂", "lossless"]),
    ],
)  # fmt: skip
def test_which_way_is_better_is_told_by_the_name(direction: str | None, names: list[str]) -> None:
    assert {name: direction_of(name) for name in names} == dict.fromkeys(names, direction)


def test_what_both_have_is_compared() -> None:
    found = compare_metrics(
        {"accuracy": 0.8, "loss": 0.5, "epochs": 3, "gone": 1.0, "odd": True, "null": None},
        {"loss": 0.4, "accuracy": 0.7, "epochs": 4, "new": 2.0, "odd": False, "null": None},
    )
    told = {metric.name: (metric.direction, metric.better) for metric in found.both}
    assert told == {"loss": ("lower", "new"), "accuracy": ("higher", "old"), "epochs": (None, None)}
    loss, accuracy, _ = found.both
    assert loss.difference == pytest.approx(-0.1) and loss.relative == pytest.approx(-0.2)
    assert found.headline is accuracy
    assert (set(found.fields.added), set(found.fields.removed)) == ({"new"}, {"gone"})
    assert set(found.fields.changed) == {"accuracy", "loss", "epochs", "odd"}
    assert loss.chance is None


def test_metrics_of_different_data_make_no_side_better() -> None:
    seeds = [{"loss": 1.0}, {"loss": 1.1}]
    (loss,) = compare_metrics({"loss": 1.0}, {"loss": 0.5}, seeds, seeds, "other data").both
    assert (loss.better, loss.chance, loss.difference) == (None, None, -0.5)


def test_nothing_relative_to_zero_and_nothing_better_of_equals() -> None:
    (loss,) = compare_metrics({"loss": 0.0}, {"loss": 0.0}).both
    assert (loss.relative, loss.better, loss.difference) == (None, None, 0.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, 10**400, "0.5", [1], {}])
def test_what_is_no_number_is_not_compared(value: Any) -> None:
    found = compare_metrics({"loss": value}, {"loss": 0.5})
    assert found.both == [] and found.headline is None


spreads = st.lists(st.integers(0, 1000), min_size=2, max_size=12).filter(lambda group: len(set(group)) > 1)


@given(spreads, spreads)
def test_chance_between_seeds_is_judged_as_scipy_does(old: list[int], new: list[int]) -> None:
    found = compare_seeds(old, new)
    tested = stats.ttest_ind(new, old, equal_var=False)
    assert found is not None
    if found.beyond_chance:  # never said where scipy would not say it
        assert tested.pvalue < 0.0501
    elif tested.df == round(tested.df) <= 30:  # where the table has the very row
        assert tested.pvalue > 0.0499


def test_many_seeds_tell_a_small_difference_and_few_do_not() -> None:
    few = compare_seeds([0.90, 0.92], [0.93, 0.95])
    many = compare_seeds([0.90, 0.92] * 5, [0.93, 0.95] * 5)
    assert few is not None and many is not None
    assert (few.beyond_chance, many.beyond_chance) == (False, True)
    assert (many.old.n, many.old.mean, many.difference) == (10, pytest.approx(0.91), pytest.approx(0.03))
    assert many.old.sd == pytest.approx(np.std([0.90, 0.92] * 5, ddof=1))


def test_one_seed_says_nothing_and_equal_ones_say_all() -> None:
    assert compare_seeds([0.9], [0.8, 0.7]) is None
    same, other = compare_seeds([0.5, 0.5], [0.5, 0.5]), compare_seeds([0.5, 0.5], [0.6, 0.6])
    assert same is not None and other is not None
    assert (same.beyond_chance, other.beyond_chance, other.threshold) == (False, True, 0.0)
