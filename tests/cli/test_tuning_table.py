"""The table of a search on a terminal."""

import pytest
from rich.console import Console

from trainstore.cli.tuning_table import Shown
from trainstore.records.search_space import Real
from trainstore.records.study import StudyHeader, Trial


@pytest.mark.parametrize("width", [60, 120])
def test_what_counts_is_seen_however_long_the_hyperparameters_are(width: int) -> None:
    names = [f"hyperparameter_{number}" for number in range(20)]
    header = StudyHeader(
        study_id="20260101T000000Z-abcdef", function="numpy_array/Net", version={}, started_at="", trials=2,
        space={name: Real(0.5, 0.0, 1.0) for name in names}, surrogate="rf", initial=1, seed=0, data={},
        device="cpu", threads=1,
    )  # fmt: skip
    trial = Trial(
        number=1, hyperparameters=dict.fromkeys(names, 0.123456), value=0.9667, outcome="timed_out",
        duration_s=12.3, started_at="",
    )  # fmt: skip
    console = Console(width=width, height=40, force_terminal=False)
    with console.capture() as captured:
        console.print(Shown(header, 2, [trial]))
    lines = captured.get().splitlines()
    assert lines[1].split() == ["TRIAL", "VALUE", "OUTCOME", "SECONDS", "HYPERPARAMETERS"]
    assert lines[2].split()[:5] == ["1", "0.9667", "timed", "out", "12.3"] and lines[2].rstrip().endswith("…")
