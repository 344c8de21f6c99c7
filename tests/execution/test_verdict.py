import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.execution.verdict import compare_runs, is_clock

RUN = {
    "outcome": "succeeded",
    "data": {"digest": "sha256:d", "split": {"seed": 0, "train": 60}},
    "version": {"code_digest": "sha256:c"},
    "seed": 0,
    "hyperparameters": {"lr": 0.1, "sizes": [8, 3]},
    "device": {"requested": "auto", "used": "cpu", "mapped": False},
    "threads": 1,
    "environment": {"python": "3.11.7", "torch": "2.6.0", "numpy": "2.0.0", "cpu_capability": "AVX2"},
    "claimed_metrics": {"val_loss": 0.3, "epochs": 5, "converged": True},
    "curves": {"loss": [1.0, 0.5, 0.3]},
    "weights_digest": "sha256:w",
}


def changed(**paths: Any) -> dict[str, Any]:
    """``RUN`` with values replaced at paths whose parts are joined by two underscores."""
    run = copy.deepcopy(RUN)
    for path, value in paths.items():
        *folders, name = path.split("__")
        place: Any = run
        for folder in folders:
            place = place[folder]
        place[name] = value
    return run


def test_equal_runs_are_identical_also_after_json() -> None:
    verdict = compare_runs(RUN, json.loads(json.dumps(RUN)))
    assert verdict.verdict == "identical"
    assert (verdict.causes, verdict.changes, verdict.differences, verdict.clocks) == ([], [], [], [])


def test_equal_bits_on_another_machine_are_identical_without_causes() -> None:
    verdict = compare_runs(RUN, changed(device__used="cuda:0", environment__torch="2.7.0"))
    assert (verdict.verdict, verdict.causes) == ("identical", [])
    assert [change["what"] for change in verdict.changes] == ["device", "torch"]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"data__digest": "sha256:other"}, "data.digest"),
        ({"data__split": {"seed": 1, "train": 60}}, "data.split"),
        ({"version__code_digest": "sha256:other"}, "version.code_digest"),
        ({"seed": 1}, "seed"),
        ({"hyperparameters": {"lr": 0.1, "sizes": [8, 4]}}, "hyperparameters"),
    ],
)
def test_another_experiment_is_not_comparable(change: dict[str, Any], what: str) -> None:
    verdict = compare_runs(RUN, changed(**change))
    assert verdict.verdict == "not comparable"
    assert [difference["what"] for difference in verdict.differences] == [what]
    assert (verdict.causes, verdict.changes) == ([], [])


def test_a_run_that_never_succeeded_is_not_comparable() -> None:
    failed = changed(outcome="failed", weights_digest=None)
    assert compare_runs(failed, RUN).verdict == "not comparable"
    assert compare_runs(failed, failed).verdict == "not comparable"


def test_unknown_data_or_code_is_not_comparable() -> None:
    for run in (changed(data__digest=None), changed(version__code_digest=None), {"outcome": "succeeded"}):
        assert compare_runs(run, run).verdict == "not comparable"


def test_a_rerun_that_fails_is_different() -> None:
    verdict = compare_runs(RUN, changed(outcome="timed_out", threads=2))
    assert verdict.verdict == "different"
    assert verdict.differences == [{"what": "outcome", "original": "succeeded", "rerun": "timed_out"}]
    assert verdict.causes == ["threads: 1 → 2"]


@pytest.mark.parametrize(
    ("change", "expected", "what"),
    [
        ({"claimed_metrics__val_loss": math.nextafter(0.3, 1)}, "equivalent", "claimed_metrics.val_loss"),
        ({"claimed_metrics__val_loss": 0.3003}, "equivalent", "claimed_metrics.val_loss"),
        ({"claimed_metrics__val_loss": 0.301}, "different", "claimed_metrics.val_loss"),
        ({"claimed_metrics__epochs": 5.0}, "equivalent", "claimed_metrics.epochs"),
        ({"claimed_metrics__epochs": 6}, "different", "claimed_metrics.epochs"),
        ({"claimed_metrics__converged": False}, "different", "claimed_metrics.converged"),
        ({"claimed_metrics__converged": 1}, "different", "claimed_metrics.converged"),
        ({"claimed_metrics__new": 1.0}, "different", "claimed_metrics.new"),
        ({"weights_digest": "sha256:other"}, "equivalent", "weights_digest"),
        ({"weights_digest": None}, "equivalent", "weights_digest"),
        ({"curves__loss": [1.0, 0.6, 0.4]}, "equivalent", "curves.loss[1]"),
        ({"curves__loss": [1.0, 0.5]}, "equivalent", "curves.loss.length"),
        ({"curves": {}}, "equivalent", "curves.loss.length"),
    ],
)
def test_a_difference_is_named_and_weighed(change: dict[str, Any], expected: str, what: str) -> None:
    verdict = compare_runs(RUN, changed(**change))
    assert verdict.verdict == expected
    assert [difference["what"] for difference in verdict.differences] == [what]
    assert verdict.tolerance == {"relative": 1e-3, "absolute": 1e-4}


def test_other_weights_and_no_metrics_show_nothing_equal() -> None:
    run = changed(claimed_metrics={}, curves={})
    assert compare_runs(run, {**run, "weights_digest": "sha256:other"}).verdict == "different"
    assert compare_runs(run, run).verdict == "identical"


def test_unknown_weights_are_never_identical() -> None:
    run = changed(weights_digest=None)
    assert compare_runs(run, run).verdict == "equivalent"


def test_what_may_explain_a_difference_is_named_with_both_values() -> None:
    other = changed(
        weights_digest="sha256:other",
        device={"requested": "auto", "used": "cuda:0", "mapped": True},
        threads=4,
        environment={"python": "3.12.1", "torch": "2.7.0", "numpy": "2.1.0", "cpu_capability": "AVX512"},
    )
    assert compare_runs(RUN, other).causes == [
        "device: cpu → cuda:0",
        "device mapping: False → True",
        "threads: 1 → 4",
        "torch: 2.6.0 → 2.7.0",
        "numpy: 2.0.0 → 2.1.0",
        "Python: 3.11.7 → 3.12.1",
        "processor capability: AVX2 → AVX512",
    ]


def test_a_clock_that_differs_is_left_out_and_named() -> None:
    original = changed(claimed_metrics__train_time=1.25, curves__epoch_seconds=[0.5, 0.6])
    rerun = changed(claimed_metrics__train_time=1.5, curves__epoch_seconds=[0.4, 0.6])
    verdict = compare_runs(original, rerun)
    assert verdict.verdict == "identical"
    assert verdict.clocks == ["claimed_metrics.train_time", "curves.epoch_seconds[0]"]
    assert compare_runs(original, original).clocks == []


def test_a_clock_does_not_spoil_the_tolerance() -> None:
    original = changed(claimed_metrics__train_time=1.25)
    rerun = changed(claimed_metrics__train_time=9.5, weights_digest="sha256:other")
    assert compare_runs(original, rerun).verdict == "equivalent"


@pytest.mark.parametrize(
    ("name", "clock"),
    [
        ("train_time", True),
        ("trainingTime", True),
        ("time_per_epoch", True),
        ("time", True),
        ("elapsed_s", True),
        ("total_seconds", True),
        ("samples_per_second", True),
        ("inference_latency_ms", True),
        ("epoch-duration", True),
        ("time_series_mse", False),
        ("time_steps", False),
        ("second_moment", False),
        ("sometimes", False),
        ("val_loss", False),
        ("centimeters", False),
    ],
)
def test_which_names_mean_a_clock(name: str, clock: bool) -> None:
    assert is_clock(f"claimed_metrics.{name}") is clock


VALUES = st.one_of(st.floats(allow_nan=True), st.integers(-5, 5), st.booleans(), st.none())


@given(st.dictionaries(st.sampled_from("abc"), VALUES), st.dictionaries(st.sampled_from("abc"), VALUES))
def test_identical_means_no_difference_and_comparing_never_fails(
    metrics: dict[str, Any], others: dict[str, Any]
) -> None:
    verdict = compare_runs(changed(claimed_metrics=metrics), changed(claimed_metrics=others))
    assert (verdict.verdict == "identical") == (not verdict.differences)
    assert (
        compare_runs(changed(claimed_metrics=metrics), changed(claimed_metrics=metrics)).verdict
        == "identical"
    )
