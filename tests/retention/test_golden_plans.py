"""Plans against files that a person has read; REWRITE_GOLDEN=1 writes them anew.

Scenarios are stores in a few lines each, and what is asked of them; `golden/` holds what comes of it.
"""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from trainstore.disk_format.moments import parse_age, parse_moment, utc_text
from trainstore.retention.plan import Decision, VersionFacts, plan
from trainstore.retention.policy import Policy
from trainstore.retention.scores import RunFacts

GOLDEN = Path(__file__).parent / "golden"


def at(text: str) -> int:
    """Return Unix seconds."""
    return int(datetime.fromisoformat(text).timestamp())


NOW = at("2026-11-23T12:00:00+00:00")


def ran(path: str, *scores: float | None, data: str = "digits", **metrics: float) -> list[RunFacts]:
    """Make runs that succeeded with these scores."""
    return [RunFacts(path, True, data, score, metrics or None) for score in scores]


def failed(path: str, times: int = 1) -> list[RunFacts]:
    """Make runs that did not succeed."""
    return [RunFacts(path, False, "digits")] * times


@dataclass
class Scenario:
    """Versions and runs, made line by line, and the policies that are asked for a plan."""

    policies: list[Policy]
    versions: list[VersionFacts]
    runs: list[RunFacts]
    now: int = NOW

    def plan(self, policy: Policy) -> list[Decision]:
        """Return the plan of one policy."""
        return plan(self.versions, self.runs, policy, self.now)

    def render(self) -> str:
        """Return the plan of each policy, as a page that a person can check."""
        pages = [f"now: {utc_text(self.now)}\n"]
        for policy in self.policies:
            lines = [policy.describe(self.now) + ":"]
            for decision in self.plan(policy):
                version = decision.version
                verb = "keep" if decision.keep else "REMOVE"
                lines.append(
                    f"  {verb:6}  {version.function}@{version.ordinal:<2}  {utc_text(version.timestamp)}"
                    f"  {self._told(version):42}  {decision.reason}"
                )
            pages.append("\n".join(lines) + "\n")
        return "\n".join(pages)

    def _told(self, version: VersionFacts) -> str:
        flags = [name for name in ("pinned", "edited", "unreadable") if getattr(version, name)]
        confidence = "no confidence" if version.confidence is None else f"confidence {version.confidence:g}"
        results = [
            (", ".join(f"{name} {value:g}" for name, value in (run.metrics or {}).items()) or f"{run.score}")
            + (f" on {run.data}" if run.data != "digits" else "")
            if run.succeeded
            else "failed"
            for run in self.runs
            if run.version_path == version.path
        ]
        return "; ".join([confidence, *(results or ["never ran"]), *flags])


def version(
    name: str, ordinal: int, saved: str, confidence: float | None = 0.9, **facts: Any
) -> VersionFacts:
    """Make a version; its path is its name with the ordinal."""
    return VersionFacts(f"{name}@{ordinal}", name, ordinal, at(saved), confidence, **facts)


NET = [
    version("t/Net", 1, "2024-02-29T23:59:59+00:00"),
    version("t/Net", 2, "2025-03-01T00:00:00+00:00", 0.4),
    version("t/Net", 3, "2026-06-01T12:00:00+00:00", None),
    version("t/Net", 4, "2026-09-01T12:00:00+00:00", pinned=True),
    version("t/Net", 5, "2026-10-24T11:59:59+00:00"),
    version("t/Net", 6, "2026-10-24T12:00:00+00:00"),
    version("t/Net", 7, "2026-11-20T12:00:00+00:00", 0.3),
]
NET_RUNS = [
    *ran("t/Net@1", 0.81, 0.97),
    *ran("t/Net@2", 0.95),
    *failed("t/Net@3", 2),
    *ran("t/Net@4", 0.5),
    *ran("t/Net@5", None),
    *ran("t/Net@7", 0.7),
]
OTHER = [
    version("t/Other", 1, "2025-01-01T00:00:00+00:00", 0.2),
    version("t/Other", 2, "2025-01-02T00:00:00+00:00", 0.2),
]

SCENARIOS = {
    "ages": Scenario(
        [
            Policy(older_than=parse_moment("30d")),
            Policy(older_than=parse_moment("2w")),
            Policy(older_than=parse_moment("2025-03-01")),
            Policy(older_than=parse_moment("30d"), include_current=True),
            Policy(older_than=parse_moment("999999w")),
        ],
        [*NET, *OTHER],
        NET_RUNS,
    ),
    "candidates": Scenario(
        [
            Policy(unsuccessful=True),
            Policy(unsuccessful=True, below=0.6),
            Policy(never_ran=True),
            Policy(min_confidence=0.5),
            Policy(min_confidence=0.5, older_than=parse_moment("1w")),
            Policy(never_ran=True, min_confidence=0.5, older_than=parse_moment("2025-01-02"), include_current=True),
        ],
        [*NET, *OTHER],
        NET_RUNS,
    ),
    "keeping": Scenario(
        [
            Policy(keep_last=2),
            Policy(keep_best=1),
            Policy(keep_within=parse_age("30d")),
            Policy(older_than=parse_moment("30d"), keep_last=1, keep_best=2, keep_within=parse_age("90d")),
            Policy(keep_last=100),
        ],
        [*NET, *OTHER],
        NET_RUNS,
    ),
    "failed_and_unreadable": Scenario(
        [
            Policy(keep_last=2),
            Policy(keep_best=1),
            Policy(older_than=parse_moment("1d")),
            Policy(older_than=parse_moment("1d"), include_current=True),
            Policy(unsuccessful=True),
        ],
        [
            version("t/Net", 1, "2026-01-01T00:00:00+00:00"),
            version("t/Net", 2, "2026-01-02T00:00:00+00:00"),
            version("t/Net", 3, "2026-01-03T00:00:00+00:00"),
            version("t/Net", 4, "2026-01-04T00:00:00+00:00", unreadable="its record is no JSON"),
            version("t/Net", 5, "2026-01-05T00:00:00+00:00"),
            version("t/Net", 6, "2026-01-06T00:00:00+00:00", edited=True),
            version("t/Net", 7, "2026-01-07T00:00:00+00:00"),
        ],
        [
            *ran("t/Net@1", 0.9),
            *ran("t/Net@2", 0.8),
            *ran("t/Net@4", 0.99),
            *failed("t/Net@5"),
            *failed("t/Net@6"),
            *failed("t/Net@7"),
        ],
    ),
    "metrics": Scenario(
        [
            Policy(keep_best=1, metric="accuracy"),
            Policy(keep_best=1, metric="mse"),
            Policy(keep_best=1, metric="validation_log_loss"),
            Policy(keep_best=2, metric="mae"),
            Policy(unsuccessful=True, below=0.25, metric="mse"),
            Policy(unsuccessful=True, below=0.6, metric="accuracy"),
        ],
        [version("t/Net", number, f"2026-01-0{number}T00:00:00+00:00") for number in range(1, 7)],
        [
            *ran("t/Net@1", 0.9, mse=0.1, accuracy=0.1),
            *ran("t/Net@2", 0.1, mse=0.9, accuracy=0.9),
            *ran("t/Net@3", 0.5, mse=0.3, accuracy=0.6),
            *ran("t/Net@4", 0.5, validation_log_loss=0.7),
            *ran("t/Net@5", 0.5, validation_log_loss=float("nan")),
            *ran("t/Net@6", 0.5, validation_log_loss=2.0),
        ],
    ),
    "best_on_each_data_set": Scenario(
        [Policy(keep_best=1), Policy(keep_best=1, include_current=True)],
        [version("t/Net", number, f"2026-01-0{number}T00:00:00+00:00") for number in range(1, 6)],
        [
            *ran("t/Net@1", 0.99),
            *ran("t/Net@2", 0.98),
            *ran("t/Net@3", 0.4, data="hard"),
            *ran("t/Net@4", 0.3, data="hard"),
            *ran("t/Net@5", 0.98),
        ],
    ),
    "equal_times": Scenario(
        [
            Policy(keep_last=1),
            Policy(keep_last=2, include_current=True),
            Policy(keep_best=1),
            Policy(older_than=parse_moment("2026-01-01T00:00:01Z")),
            Policy(keep_within=parse_age("1d")),
        ],
        [version("t/Net", number, "2026-01-01T00:00:00+00:00") for number in (3, 1, 4, 2)],
        [*ran("t/Net@2", 0.9), *ran("t/Net@3", 0.9)],
        now=at("2026-01-02T00:00:00+00:00"),
    ),
    "clocks_in_the_future": Scenario(
        [
            Policy(older_than=parse_moment("1d")),
            Policy(keep_within=parse_age("1d")),
            Policy(keep_last=1),
            Policy(older_than=parse_moment("2050-01-01")),
        ],
        [
            version("t/Net", 1, "1970-01-01T00:00:00+00:00"),
            version("t/Net", 2, "2026-11-23T11:59:59+00:00"),
            version("t/Net", 3, "2026-11-23T12:00:01+00:00"),
            version("t/Net", 4, "2049-12-31T23:59:59+00:00"),
            version("t/Net", 5, "9999-12-31T23:59:59+00:00"),
        ],
        [],
    ),
    # In Berlin clocks went from 02:00 to 03:00 on 29 March 2026, and from 03:00 to 02:00 on 25 October.
    "daylight_saving": Scenario(
        [
            Policy(older_than=parse_moment("1d")),
            Policy(older_than=parse_moment("24h")),
            Policy(older_than=parse_moment("2026-03-29")),
            Policy(older_than=parse_moment("2026-03-29T00:00+01:00")),
            Policy(older_than=parse_moment("2026-03-29T03:00+02:00")),
            Policy(older_than=parse_moment("2026-03-28T20:00-05:00")),
            Policy(keep_within=parse_age("1d")),
        ],
        [
            version("t/Net", 1, "2026-03-28T23:59:59+01:00"),
            version("t/Net", 2, "2026-03-29T00:00:00+01:00"),
            version("t/Net", 3, "2026-03-29T00:30:00+01:00"),
            version("t/Net", 4, "2026-03-29T01:59:59+01:00"),
            version("t/Net", 5, "2026-03-29T03:00:00+02:00"),
            version("t/Net", 6, "2026-03-30T01:00:00+02:00"),
        ],
        [],
        now=at("2026-03-30T01:30:00+02:00"),
    ),
    "the_hour_that_comes_twice": Scenario(
        [
            Policy(older_than=parse_moment("2026-10-25T02:30+02:00")),
            Policy(older_than=parse_moment("2026-10-25T02:30+01:00")),
            Policy(older_than=parse_moment("1h")),
        ],
        [
            version("t/Net", 1, "2026-10-25T02:29:59+02:00"),
            version("t/Net", 2, "2026-10-25T02:30:00+02:00"),
            version("t/Net", 3, "2026-10-25T02:29:59+01:00"),
            version("t/Net", 4, "2026-10-25T02:30:00+01:00"),
        ],
        [],
        now=at("2026-10-25T02:30:00+01:00"),
    ),
    "leap_day_and_month_ends": Scenario(
        [Policy(older_than=parse_moment("365d")), Policy(older_than=parse_moment("2024-02-29"))],
        [
            version("t/Net", 1, "2024-02-28T23:59:59+00:00"),
            version("t/Net", 2, "2024-02-29T00:00:00+00:00"),
            version("t/Net", 3, "2024-03-01T00:00:00+00:00"),
            version("t/Net", 4, "2025-02-28T00:00:00+00:00"),
        ],
        [],
        now=at("2025-02-28T00:00:00+00:00"),
    ),
}  # fmt: skip


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Niue"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The zone of the machine, which must not matter."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_plan_is_the_one_in_its_file_in_every_zone(name: str, zone: str) -> None:
    file = GOLDEN / f"{name}.txt"
    rendered = SCENARIOS[name].render()
    if os.environ.get("REWRITE_GOLDEN"):
        file.write_text(rendered)
    assert rendered == file.read_text()


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_order_of_versions_and_runs_does_not_matter(name: str) -> None:
    given = SCENARIOS[name]
    for seed in range(5):
        shuffled = Scenario(given.policies, [*given.versions], [*given.runs], given.now)
        random.Random(seed).shuffle(shuffled.versions)
        for policy in given.policies:
            assert shuffled.plan(policy) == given.plan(policy)


def test_each_golden_file_has_its_scenario() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(SCENARIOS)
