import sys
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trainstore.charts.scales import scale_around, scale_between, tick_label

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1, max_size=9), st.integers(5, 12))
@example([0.0, 5e-324], 6)
@example([-sys.float_info.max, sys.float_info.max], 6)
@example([5e-324, sys.float_info.max], 6)
@example([1.0, 1.0000000000000002], 6)
def test_values_and_ticks_lie_on_a_scale_in_their_order(values: list[float], most: int) -> None:
    scale = scale_around(values)
    shares = [scale.share(value) for value in sorted(values)]
    assert shares == sorted(shares) and 0 <= shares[0] <= shares[-1] <= 1
    ticks = scale.ticks(most)
    assert 2 <= len(ticks) <= most + 3
    assert len({tick_label(tick) for tick in ticks}) == len(ticks)
    assert all(Decimal(tick_label(tick)) == tick for tick in ticks)


@pytest.mark.parametrize(
    ("low", "high", "log", "labels"),
    [
        (0.0, 1.0, False, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (-2.5, 2.5, False, ["-2", "-1", "0", "1", "2"]),
        (0, 12_000_000, False, ["0", "2e6", "4e6", "6e6", "8e6", "1e7", "1.2e7"]),
        (1e-6, 0.1, True, ["1e-6", "1e-5", "0.0001", "0.001", "0.01", "0.1"]),
        (1e-30, 1e30, True, ["1e-30", "1e-21", "1e-12", "0.001", "1e6", "1e15", "1e24"]),
        (0.001, 0.02, True, ["0.001", "0.002", "0.005", "0.01", "0.02"]),
        (2e306, sys.float_info.max, True, ["2e306", "5e306", "1e307", "2e307", "5e307", "1e308"]),
        (1e-3, 1.1e-3, True, ["0.001", "0.00102", "0.00104", "0.00106", "0.00108", "0.0011"]),
    ],
)
def test_ticks_are_round(low: float, high: float, log: bool, labels: list[str]) -> None:
    assert [tick_label(tick) for tick in scale_between(low, high, log=log).ticks(7)] == labels


def test_whole_numbers_have_whole_ticks() -> None:
    assert scale_between(1, 3, log=False).ticks(7, whole=True) == [1, 2, 3]
    assert scale_between(2, 300, log=True).ticks(7, whole=True) == [2, 5, 10, 20, 50, 100, 200]


def test_values_over_decades_get_a_log_scale_and_others_do_not() -> None:
    assert scale_around([1e-3, 10.0]).log
    assert not scale_around([0.1, 10.0]).log
    assert not scale_around([-1.0, 1e6]).log
