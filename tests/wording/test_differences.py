import math

import pytest

from trainstore.diff.metrics import MetricDiff
from trainstore.wording.differences import metric_change


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (0.5, 0.5, "the same"),
        (0.93, 0.94, "+0.01 (+1.1 %)"),
        (0.1464, 0.4983, "+0.352 (+240 %)"),
        (100.0, 23_456.0, "+23,356 (+23,356 %)"),
        (-2.0, 1e12, "+1e+12 (+5e+13 %)"),
    ],
)
def test_a_large_change_is_written_out(old: float, new: float, told: str) -> None:
    relative = (new - old) / math.fabs(old)
    assert metric_change(MetricDiff("mse", old, new, "lower", new - old, relative, None, None)) == told
