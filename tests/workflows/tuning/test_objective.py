"""Which figure a study is judged by."""

from collections.abc import Callable
from typing import Any

import pytest
from scripted_trials import ended, searched

from trainstore.errors import UsageError
from trainstore.store.git.repository import Repository
from trainstore.workflows.tuning.objective import check_objective
from trainstore.workflows.tuning.options import TuneOptions
from trainstore.workflows.tuning.trial import TrialResult, TrialTask

Options = Callable[..., TuneOptions]

CANNOT_BE_ASKED = "claim not reproduced: forward() takes 3 arguments"


def test_what_is_measured_goes_before_what_is_claimed(tuned_store: Repository, options: Options) -> None:
    study = searched(
        tuned_store,
        options(2),
        lambda task: ended(task, "succeeded", value=0.5, claimed={"val_accuracy": 0.99}),
    )
    figure = study.figure
    assert figure is not None
    assert (figure.name, figure.measured, figure.direction) == ("validation_accuracy", True, "maximize")
    assert [trial.value for trial in study.trials] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("claimed", "name", "direction"),
    [
        ({"val_loss": 0.3, "train_accuracy": 0.9, "test_accuracy": 0.8}, "val_loss", "minimize"),
        ({"val_loss": 0.3, "best_val_acc": 0.9, "val_acc": 0.8}, "val_acc", "maximize"),
        ({"loss": 0.3, "epochs": 3}, "loss", "minimize"),
        ({"accuracy": 0.7, "val_macro_f1": 0.8}, "val_macro_f1", "maximize"),
        ({"val_score": 0.7}, "val_score", "maximize"),
        ({"val_brier_score": 0.1}, "val_brier_score", "minimize"),
    ],
)
def test_where_the_model_cannot_be_asked_the_claim_on_validation_counts(
    tuned_store: Repository, options: Options, claimed: dict[str, Any], name: str, direction: str
) -> None:
    def script(task: TrialTask) -> TrialResult:
        return ended(task, "succeeded", claimed=claimed, reason=CANNOT_BE_ASKED)

    study = searched(tuned_store, options(2), script)
    figure = study.figure
    assert figure is not None
    assert (figure.name, figure.measured, figure.direction) == (name, False, direction)
    assert figure.why == CANNOT_BE_ASKED
    assert study.trials[0].value == claimed[name]


def test_the_first_trial_with_a_value_decides_for_all(tuned_store: Repository, options: Options) -> None:
    def script(task: TrialTask) -> TrialResult:
        if task.number == 1:
            return ended(task)
        if task.number == 2:
            return ended(task, "succeeded", value=0.5)
        return ended(task, "succeeded", claimed={"val_accuracy": 0.99}, reason=CANNOT_BE_ASKED)

    study = searched(tuned_store, options(3), script)
    assert [trial.value for trial in study.trials] == [None, 0.5, None]
    assert [trial.outcome for trial in study.trials] == ["failed", "succeeded", "no_value"]
    assert study.trials[2].reason == CANNOT_BE_ASKED


def test_a_model_whose_training_diverged_does_not_decide(tuned_store: Repository, options: Options) -> None:
    def script(task: TrialTask) -> TrialResult:
        if task.number == 1:
            return ended(task, "succeeded", claimed={"val_accuracy": 0.3}, diverged=True)
        return ended(task, "succeeded", value=0.5)

    study = searched(tuned_store, options(2), script)
    assert study.trials[0].outcome == "no_value"
    assert study.figure is not None and study.figure.measured


def test_a_claimed_figure_can_be_asked_for(tuned_store: Repository, options: Options) -> None:
    claims: list[dict[str, Any]] = [{"val_loss": 0.3}, {"val_loss": True}, {}, {"val_loss": 0.1}]

    def script(task: TrialTask) -> TrialResult:
        return ended(task, "succeeded", value=0.5, claimed=claims[task.number - 1])

    study = searched(tuned_store, options(4, objective="claimed:val_loss"), script)
    assert [trial.value for trial in study.trials] == [0.3, None, None, 0.1]
    assert study.trials[1].reason == "the function reports no number val_loss"
    assert study.figure is not None and study.figure.direction == "minimize"


@pytest.mark.parametrize("objective", ["accuracy", "validation_r2", "val_loss", "", "test_accuracy"])
def test_no_other_figure_is_one_and_none_of_the_test_part(objective: str) -> None:
    with pytest.raises(UsageError, match="There is no objective") as refused:
        check_objective(objective, None, "classification")
    assert "validation_accuracy" in refused.value.hint and "claimed:NAME" in refused.value.hint


def test_a_name_that_says_nothing_needs_a_direction() -> None:
    with pytest.raises(UsageError, match="larger 'zig'"):
        check_objective("claimed:zig", None, "classification")
    check_objective("claimed:zig", "minimize", "classification")


@pytest.mark.parametrize("name", ["val_iou", "val_logloss", "brier_score", "WER"])
def test_a_name_whose_direction_diff_knows_needs_none(name: str) -> None:
    check_objective(f"claimed:{name}", None, "classification")


def test_a_number_that_the_function_does_not_report_ends_the_study_at_once(
    tuned_store: Repository, options: Options
) -> None:
    tried: list[int] = []

    def script(task: TrialTask) -> TrialResult:
        tried.append(task.number)
        return ended(task) if task.number == 1 else ended(task, "succeeded", claimed={"val_acc": 0.3})

    with pytest.raises(UsageError, match="reports no number 'val_f1'") as raised:
        searched(tuned_store, options(9, objective="claimed:val_f1", direction="maximize"), script)
    assert raised.value.hint == "It reports claimed:val_acc." and tried == [1, 2]
