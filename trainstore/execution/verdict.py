"""Compares a rerun with its original. Pure: takes what run.json holds, gives a verdict with its reasons."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from trainstore.execution.environment_changes import as_causes, environment_changes
from trainstore.execution.environment_changes import value_at as _at
from trainstore.records.surroundings import RecordedChange, RecordedDifference, RecordedTolerance

VerdictName = Literal["identical", "equivalent", "different", "not comparable"]
Run = Mapping[str, Any]

RELATIVE_TOLERANCE = 1e-3
ABSOLUTE_TOLERANCE = 1e-4

_PREMISES = ("data.digest", "data.split", "version.code_digest", "seed", "hyperparameters")
_NEEDED = ("data.digest", "version.code_digest")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CLOCK = re.compile(
    r"(?:^|_)(?:time(?!_(?:series|steps?))|times|timestamp|runtime|walltime|durations?|elapsed|latency|throughput"
    r"|seconds|secs?|minutes|hours|per_second)(?:_|$)"
)


@dataclass(frozen=True)
class Verdict:
    """What a rerun shows.

    Attributes:
        verdict: ``identical``: weights, metrics and curves are equal to the bit. ``equivalent``: every metric
            is within tolerance. ``different``: neither. ``not comparable``: not the same experiment.
        causes: what was not as it had been and may explain a difference, with both values; none where nothing
            differs.
        changes: all that was not as it had been, whatever the verdict; see ``environment_changes``.
        differences: ``{"what", "original", "rerun"}`` for each.
        clocks: metrics left out because their names say that they measure time; they differed.
        tolerance: ``{"relative", "absolute"}`` of ``equivalent``.
    """

    verdict: VerdictName
    causes: list[str]
    changes: list[RecordedChange]
    differences: list[RecordedDifference]
    clocks: list[str]
    tolerance: RecordedTolerance


def compare_runs(original: Run, rerun: Run) -> Verdict:
    """The verdict on two runs as they stand in run.json.

    A metric that measures time never repeats, so one that differs and whose name says so (``train_time``,
    ``elapsed_s``) is listed under ``clocks`` and does not count. A name is only a hint: weights that are equal
    to the bit are what makes it safe, and nothing is left out unless it differs.
    """
    changes = environment_changes(original, rerun)
    broken = _broken_premises(original, rerun)
    if broken:
        return _verdict("not comparable", changes, broken)
    if rerun.get("outcome") != "succeeded":
        return _verdict("different", changes, [_difference("outcome", original, rerun)])
    found = {name: (a, b) for name, a, b in _measures(original, rerun) if not is_same(a, b)}
    clocks = sorted(name for name in found if is_clock(name))
    differences: list[RecordedDifference] = [
        {"what": name, "original": a, "rerun": b} for name, (a, b) in found.items() if name not in clocks
    ]
    if not _is_known_and_same("weights_digest", original, rerun):
        differences.insert(0, _difference("weights_digest", original, rerun))
    if not differences:
        return _verdict("identical", changes, clocks=clocks)
    near = _are_metrics_near(original, rerun, clocks)
    return _verdict("equivalent" if near else "different", changes, differences, clocks)


def is_same(a: Any, b: Any) -> bool:
    """Whether two numbers are equal to the bit; an integer is no float, and NaN is NaN."""
    if isinstance(a, float) and isinstance(b, float):
        return a.hex() == b.hex()
    return type(a) is type(b) and bool(a == b)


def is_clock(name: str) -> bool:
    """Whether a metric's name says that it measures time or speed."""
    return _CLOCK.search("_".join(_WORDS.findall(name.partition(".")[2])).lower()) is not None


def _verdict(
    verdict: VerdictName,
    changes: list[RecordedChange],
    differences: Sequence[RecordedDifference] = (),
    clocks: Sequence[str] = (),
) -> Verdict:
    tolerance: RecordedTolerance = {"relative": RELATIVE_TOLERANCE, "absolute": ABSOLUTE_TOLERANCE}
    causes = as_causes(changes) if verdict in ("equivalent", "different") else []
    return Verdict(verdict, causes, changes, list(differences), list(clocks), tolerance)


def _broken_premises(original: Run, rerun: Run) -> list[RecordedDifference]:
    """Why the two are not the same experiment: nothing, if they are."""
    broken = [_difference("outcome", original, rerun)] if original.get("outcome") != "succeeded" else []
    for path in _PREMISES:
        unknown = path in _NEEDED and _at(original, path) is None
        if unknown or _at(original, path) != _at(rerun, path):
            broken.append(_difference(path, original, rerun))
    return broken


def _measures(original: Run, rerun: Run) -> Iterator[tuple[str, Any, Any]]:
    """All metrics, and for each curve its length and the first point that differs, with both values."""
    for name, a, b in _pairs("claimed_metrics", original, rerun):
        yield f"claimed_metrics.{name}", a, b
    for name, a, b in _pairs("curves", original, rerun):
        points, others = a or [], b or []
        yield f"curves.{name}.length", len(points), len(others)
        for index, (point, other) in enumerate(zip(points, others, strict=False)):
            if not is_same(point, other):
                yield f"curves.{name}[{index}]", point, other
                break


def _are_metrics_near(original: Run, rerun: Run, clocks: Sequence[str]) -> bool:
    """Whether there are metrics and all of them agree within tolerance."""
    pairs = [
        (a, b)
        for name, a, b in _pairs("claimed_metrics", original, rerun)
        if f"claimed_metrics.{name}" not in clocks
    ]
    return bool(pairs) and all(_is_near(a, b) for a, b in pairs)


def _is_near(a: Any, b: Any) -> bool:
    if (
        isinstance(a, bool)
        or isinstance(b, bool)
        or not isinstance(a, int | float)
        or not isinstance(b, int | float)
    ):
        return is_same(a, b)
    return abs(a - b) <= ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * abs(a)


def _pairs(key: str, original: Run, rerun: Run) -> Iterator[tuple[str, Any, Any]]:
    ours, theirs = original.get(key) or {}, rerun.get(key) or {}
    for name in sorted({*ours, *theirs}):
        yield name, ours.get(name), theirs.get(name)


def _is_known_and_same(path: str, original: Run, rerun: Run) -> bool:
    return _at(original, path) is not None and _at(original, path) == _at(rerun, path)


def _difference(path: str, original: Run, rerun: Run) -> RecordedDifference:
    return {"what": path, "original": _at(original, path), "rerun": _at(rerun, path)}
