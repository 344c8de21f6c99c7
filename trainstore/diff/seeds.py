"""Whether two groups of runs differ by more than their seeds do among themselves."""

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

# Student's t, two-sided at 5 %, for 1 to 30 degrees of freedom, then 40, 60 and 120; any table of it, such as
# NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2. In between, the next smaller one: that errs to "chance".
_CRITICAL = {
    1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228,
    11: 2.201, 12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131, 16: 2.120, 17: 2.110, 18: 2.101, 19: 2.093, 20: 2.086,
    21: 2.080, 22: 2.074, 23: 2.069, 24: 2.064, 25: 2.060, 26: 2.056, 27: 2.052, 28: 2.048, 29: 2.045, 30: 2.042,
    40: 2.021, 60: 2.000, 120: 1.980,
}  # fmt: skip


class Sample(msgspec.Struct, frozen=True):
    """One metric over several seeds.

    Attributes:
        n: how many.
        mean: of its values.
        sd: their standard deviation.
    """

    n: int
    mean: float
    sd: float


class SeedTest(msgspec.Struct, frozen=True):
    """Welch's t-test (Welch 1947) at 5 %, two-sided, of two groups of seeds.

    Attributes:
        old: the old side's values.
        new: the new side's values.
        difference: of the means, new minus old.
        threshold: the least size of it that is more than chance.
        beyond_chance: whether it is more.
    """

    old: Sample
    new: Sample
    difference: float
    threshold: float
    beyond_chance: bool


def compare_seeds(old: Sequence[float], new: Sequence[float]) -> SeedTest | None:
    """Test whether two groups differ by more than chance; None where one has fewer than two values.

    It says nothing of chance in which rows the test part got: all runs share their split.
    """
    if len(old) < 2 or len(new) < 2:
        return None
    before, after = _sample(old), _sample(new)
    shares = [sample.sd**2 / sample.n for sample in (before, after)]
    difference, error = after.mean - before.mean, math.sqrt(sum(shares))
    if error == 0:  # no seed changes anything
        return SeedTest(before, after, difference, 0.0, difference != 0)
    # Welch and Satterthwaite's degrees of freedom; relative shares, so that tiny ones do not vanish
    relative = [share / sum(shares) for share in shares]
    freedom = 1 / sum(
        share**2 / (sample.n - 1) for share, sample in zip(relative, (before, after), strict=True)
    )
    threshold = _critical(freedom) * error
    return SeedTest(before, after, difference, threshold, abs(difference) > threshold)


def _sample(values: Sequence[float]) -> Sample:
    """Mean and sample standard deviation; by hand, for `statistics` takes longer to import than all of this."""
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return Sample(len(values), mean, math.sqrt(squares / (len(values) - 1)))


def _critical(freedom: float) -> float:
    for known, following in pairwise(_CRITICAL):
        if freedom + 1e-9 < following:
            return _CRITICAL[known]
    return _CRITICAL[120]
