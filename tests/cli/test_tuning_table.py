"""The table of a search on a terminal."""

import sys

import pytest
from rich.console import Console
from sample_run import sample_study

from trainstore.cli.tuning_table import Shown, live_search
from trainstore.records.search_space import Real
from trainstore.records.study import Trial


@pytest.mark.parametrize("width", [60, 120])
def test_what_counts_is_seen_however_long_the_hyperparameters_are(width: int) -> None:
    names = [f"hyperparameter_{number}" for number in range(20)]
    header = sample_study(trials=2, space={name: Real(0.5, 0.0, 1.0) for name in names}, initial=1)
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


def test_nobody_who_looks_for_the_streams_meanwhile_gets_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    before = sys.stdout, sys.stderr
    with live_search() as listener:
        listener.on_step("loading")
        assert (sys.stdout, sys.stderr) == before
    told = capsys.readouterr()
    assert "loading" in told.err and "\x1b[" in told.err and told.out == ""
