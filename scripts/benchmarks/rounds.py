"""Timing side by side: methods take turns, so that what else the machine does touches all of them alike."""

import resource
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Spent(NamedTuple):
    """Seconds that something took: on the clock, and of the processor, child processes included."""

    wall: float
    processor: float

    def divided(self, parts: int) -> "Spent":
        """Return one part's share."""
        return Spent(self.wall / parts, self.processor / parts)


@dataclass(frozen=True)
class Timing:
    """What the rounds of one method took."""

    rounds: tuple[Spent, ...]

    @property
    def wall(self) -> float:
        """Seconds on the clock: the middle round."""
        return median(spent.wall for spent in self.rounds)

    @property
    def least(self) -> float:
        """Seconds on the clock: the round with the least of other people's work in it."""
        return min(spent.wall for spent in self.rounds)

    @property
    def processor(self) -> float:
        """Seconds of the processor: the middle round."""
        return median(spent.processor for spent in self.rounds)


def take_turns(methods: Mapping[Key, Callable[[], Spent]], rounds: int) -> dict[Key, Timing]:
    """Call each method once a round; each returns what counts of what it did."""
    spent: dict[Key, list[Spent]] = {key: [] for key in methods}
    for _ in range(rounds):
        for key, method in methods.items():
            spent[key].append(method())
    return {key: Timing(tuple(rounds)) for key, rounds in spent.items()}


def timed(action: Callable[[], object]) -> Spent:
    """Return what an action takes; the processes that it starts must end in it."""
    wall, processor = time.perf_counter(), _processor()
    action()
    return Spent(time.perf_counter() - wall, _processor() - processor)


def _processor() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def milliseconds(seconds: float) -> str:
    """Return seconds as milliseconds for a table."""
    value = seconds * 1000
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
