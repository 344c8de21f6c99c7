"""A small study, drawn as it was drawn before. To redraw: delete the golden files and run the test twice."""

from pathlib import Path

import pytest
from sample_run import sample_study

from trainstore.charts.study_charts import study_charts
from trainstore.records.search_space import Categorical, Real
from trainstore.records.study import Ending, Figure, StudyRecord, Trial

GOLDEN = Path(__file__).parent / "golden"
FIGURE = Figure(name="validation_accuracy", measured=True, direction="maximize")


def study() -> StudyRecord:
    space = {"lr": Real(1e-3, 1e-5, 1e-1, "log-uniform"), "act": Categorical("relu", ["relu", "gelu"])}
    header = sample_study(
        function="tabular/MLP", study_id="20260101T000000Z-0a1b2c", trials=5, space=space, initial=2
    )
    values = [0.71, None, 0.83, 0.99, 0.86]
    outcomes = ["succeeded", "timed_out", "succeeded", "infeasible", "succeeded"]
    trials = [
        Trial(
            number=place + 1, hyperparameters={"lr": 10.0 ** -(place + 1), "act": "gelu" if place % 2 else "relu"},
            value=value, outcome=outcome, duration_s=1.0, figure=FIGURE, started_at="2026-01-01T00:00:00Z",
        )
        for place, (value, outcome) in enumerate(zip(values, outcomes, strict=True))
    ]  # fmt: skip
    ended = Ending(reason="finished", run_id="20260101T000100Z-0a1b2c", trial=5, trials=5)
    return StudyRecord(header=header, ended=ended, figure=FIGURE, best=5, trials=trials)


@pytest.mark.parametrize("name", ["convergence.svg", "parallel_coordinates.svg", "importance.svg"])
def test_a_study_is_drawn_as_before(name: str) -> None:
    drawn = study_charts(study(), {"lr": 0.8, "act": 0.2})[name]
    golden = GOLDEN / name
    if not golden.exists():
        golden.write_text(drawn)
        pytest.fail(f"{golden} was made; look at it.")
    assert drawn == golden.read_text()


def test_a_trial_that_is_not_allowed_is_not_the_best() -> None:
    assert "0.86, of trial 5" in study_charts(study(), None)["convergence.svg"]


def test_without_importances_there_is_no_chart_of_them() -> None:
    assert set(study_charts(study(), None)) == {"convergence.svg", "parallel_coordinates.svg"}


def test_a_study_without_a_figure_is_drawn() -> None:
    trials = [
        Trial(number=1, hyperparameters={}, value=None, outcome="failed", duration_s=0.1, started_at="")
    ]
    bare = study()
    empty = StudyRecord(header=bare.header, ended=bare.ended, figure=None, best=None, trials=trials)
    assert "No trial gave a value." in study_charts(empty, None)["convergence.svg"]
