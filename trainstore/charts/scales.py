"""How values lie along an axis, and the round values that mark it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

_LEAST, _MOST = -323.0, 308.25  # powers of ten that a float still holds
_LOG_FROM = 1000  # so many times the least value, where none is 0 or below


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high``; of a log scale, these are powers of ten."""

    low: float
    high: float
    log: bool = False

    def share(self, value: float) -> float:
        """Return where a value lies: 0 at the low end, 1 at the high end; what lies outside is moved to the end."""
        place = math.log10(value) if self.log else value
        span = self.high / 2 - self.low / 2  # halves, since the whole may be more than a float holds
        return min(max((place / 2 - self.low / 2) / span, 0.0), 1.0) if span else 0.5

    def ticks(self, most: int, *, whole: bool = False) -> list[Decimal]:
        """Return round values inside, at most about as many; ``whole`` numbers only, if so asked."""
        if not self.log:
            return _even(Decimal(repr(self.low)), Decimal(repr(self.high)), most, whole)
        first, last = math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9)
        if last - first >= 2:
            return [Decimal(10) ** power for power in range(first, last + 1, -(-(last - first + 1) // most))]
        nudge = Decimal("1e-9")  # logarithms are rounded
        ends = Decimal(repr(self.low)), Decimal(repr(self.high))  # the powers may be more than a float holds
        low, high = 10 ** ends[0] * (1 - nudge), 10 ** ends[1] * (1 + nudge)
        ticks = [Decimal(digit).scaleb(power) for power in range(first - 1, last + 1) for digit in (1, 2, 5)]
        inside = [tick for tick in ticks if low <= tick <= high and not (whole and tick % 1)]
        return inside if len(inside) >= 2 else _even(low, high, most, whole)


def scale_between(low: float, high: float, *, log: bool) -> Scale:
    """Return the scale that ends at two values exactly."""
    return Scale(math.log10(low), math.log10(high), True) if log else Scale(float(low), float(high))


def scale_around(values: Sequence[float]) -> Scale:
    """Return a scale with some room around finite values; of logarithms, where they spread over decades."""
    low, high = min(values), max(values)
    if low > 0 and high / low >= _LOG_FROM:
        low, high = math.log10(low), math.log10(high)
        room = (high - low) * 0.05
        return Scale(max(low - room, _LEAST), min(high + room, _MOST), True)
    size = max(abs(low), abs(high))
    if high / 2 - low / 2 <= max(size * 1e-7, 1e-300):  # equal, as far as an eye can tell
        room = size * 0.1 if size > 1e-290 else 1.0
    else:
        room = high * 0.05 - low * 0.05
    largest = 10**_MOST
    return Scale(max(low - room, -largest), min(high + room, largest))


def tick_label(tick: Decimal) -> str:
    """Return a tick as a person writes it: ``0.05``, ``2000``, ``1e-7``."""
    if not tick:
        return "0"
    tick = tick.normalize()
    power = tick.adjusted()
    return f"{tick:f}" if -4 <= power < 6 else f"{tick.scaleb(-power):f}e{power}"


def _even(low: Decimal, high: Decimal, most: int, whole: bool) -> list[Decimal]:
    span = high - low
    if not span:
        return [low]
    step = next(
        step
        for power in range(span.adjusted() - 3, span.adjusted() + 2)
        for step in (Decimal(digit).scaleb(power) for digit in (1, 2, 5))
        if span / step <= most and not (whole and step < 1)
    )
    first, last = math.ceil(low / step), math.floor(high / step)
    return [step * place for place in range(first, last + 1)]
