import pytest
from sample_run import sample_study

from trainstore.errors import InvalidRecord
from trainstore.records.search_space import Categorical, Integer, Real
from trainstore.records.study import (
    Direction,
    Ending,
    Figure,
    StudyRecord,
    Trial,
    best_of,
    decode_line,
    decode_study,
    encode_line,
    encode_study,
    figure_of,
)

HEADER = sample_study(
    space={
        "lr": Real(0.001, 1e-6, 0.1, "log-uniform"),
        "width": Integer(8, 1, 64),
        "shape": Categorical([1, 2], [[1, 2], True, 1, 1.0, "one"]),
    }
)


def make_trial(
    number: int,
    value: float | None = None,
    outcome: str = "succeeded",
    direction: Direction = "maximize",
    **hyperparameters: object,
) -> Trial:
    figure = Figure(name="validation_accuracy", measured=True, direction=direction)
    return Trial(
        number=number,
        hyperparameters=hyperparameters,
        value=value,
        outcome=outcome,
        duration_s=1.0,
        figure=None if value is None else figure,
        started_at="2024-01-01T00:00:00Z",
    )


def test_a_study_comes_back_as_it_was() -> None:
    trials = [make_trial(1, 0.1, flag=False, lr=1.0, shape=[1, 2]), make_trial(2, outcome="timed_out")]
    ended = Ending(reason="finished", run_id="20240101T000100Z-000000", trial=1, trials=2)
    study = StudyRecord(header=HEADER, ended=ended, figure=trials[0].figure, best=1, trials=trials)
    back = decode_study(encode_study(study), "here")
    assert back == study
    assert back.trials[0].hyperparameters["flag"] is False
    assert type(back.trials[0].hyperparameters["lr"]) is float
    assert [type(one) for one in back.header.space["shape"].categories] == [list, bool, int, float, str]  # type: ignore[union-attr]


def test_each_line_says_what_it_is() -> None:
    ended = Ending(reason="exhausted", run_id="20240101T000100Z-000000", trial=1, trials=2)
    lines = (HEADER, make_trial(1, 0.25), ended)
    assert [decode_line(encode_line(line)) for line in lines] == list(lines)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"line": "run"}', b'{"line": "trial"}', b"\xff"])
def test_what_is_no_line_is_told(data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        decode_line(data)
    with pytest.raises(InvalidRecord):
        decode_study(data, "here")


@pytest.mark.parametrize(("direction", "best"), [("maximize", 2), ("minimize", 4)])
def test_the_best_succeeded_and_is_the_first_of_equals(direction: Direction, best: int) -> None:
    values = [0.5, 0.9, 0.9, 0.1, 0.1]
    trials = [make_trial(number, value, direction=direction) for number, value in enumerate(values, start=1)]
    trials += [make_trial(6, 2.0, "infeasible", direction), make_trial(7, -2.0, "infeasible", direction)]
    trials += [make_trial(8, None, "failed")]
    found = best_of(trials[::-1])
    assert found is not None
    assert found.number == best


def test_where_nothing_succeeded_there_is_no_best_and_no_figure() -> None:
    trials = [make_trial(1, None, "failed"), make_trial(2, None, "timed_out")]
    assert best_of(trials) is None
    assert figure_of(trials) is None
    assert best_of([]) is None
