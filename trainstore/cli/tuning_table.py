"""The table of a search on a terminal, drawn anew while it goes on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from trainstore.plain_text import plain
from trainstore.records.study import StudyHeader, Trial, best_of
from trainstore.wording.studies import outcome_told, point_told, trial_told
from trainstore.wording.values import number
from trainstore.workflows.tuning.search import SearchListener
from trainstore.workflows.tuning.study_file import StudyLines
from trainstore.workflows.tuning.trial import TrialTask

_ROWS = 10  # of trials that have ended
_REFRESHES_A_SECOND = 4


@dataclass
class Shown:
    """What is shown; rich asks for it at each refresh."""

    header: StudyHeader | None = None
    total: int = 0
    trials: list[Trial] = field(default_factory=list)
    at_work: dict[int, tuple[TrialTask, float]] = field(default_factory=dict)

    def __rich__(self) -> Group | Text:
        header = self.header
        if header is None:
            return Text("")
        best = best_of(self.trials)
        table = Table(box=None, header_style="bold", pad_edge=False, expand=True)
        for name in ("TRIAL", "VALUE", "OUTCOME", "SECONDS"):
            table.add_column(name, justify="left" if name == "OUTCOME" else "right", no_wrap=True)
        table.add_column("HYPERPARAMETERS", overflow="ellipsis", no_wrap=True, ratio=1)
        for trial in self.trials[-_ROWS:]:
            style = "green" if best and trial.number == best.number else _style_of(trial)
            table.add_row(*_cells(header, trial), style=style)
        for task, since in list(self.at_work.values()):
            seconds = f"{time.monotonic() - since:.0f}"
            cells = (str(task.number), "", "at work", seconds, point_told(header, task.hyperparameters))
            table.add_row(*(Text(plain(cell)) for cell in cells), style="dim")
        so_far = (
            f"best so far: {trial_told(best)} with {point_told(header, best.hyperparameters)}" if best else ""
        )
        state = Text(f"study {header.study_id}: {len(self.trials)} of {self.total} trials", style="bold")
        hint = Text("Ctrl-C stops the search and keeps the best so far", style="dim")
        return Group(
            state, table, Text(plain(so_far), style="green", overflow="ellipsis", no_wrap=True), hint
        )


@contextmanager
def live_search() -> Iterator[SearchListener]:
    """Give a listener that draws a search's progress on stderr."""
    shown = Shown()
    console = Console(stderr=True)

    def on_study(study: StudyLines, trials: int) -> None:
        shown.header, shown.total, shown.trials = study.header, trials, list(study.trials)

    def on_begin(task: TrialTask) -> None:
        shown.at_work[task.number] = (task, time.monotonic())

    def on_trial(trial: Trial, _: Trial | None) -> None:
        shown.at_work.pop(trial.number, None)
        shown.trials = [*shown.trials, trial]

    def on_step(step: str) -> None:
        console.print(Text(plain(f"· {step}"), style="dim"))

    # Redirected streams would be kept by libraries that are imported meanwhile, and print through rich at the end.
    with Live(
        shown,
        console=console,
        refresh_per_second=_REFRESHES_A_SECOND,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield SearchListener(on_step, on_study, on_begin, on_trial)


def _cells(header: StudyHeader, trial: Trial) -> tuple[Text, ...]:
    cells = (str(trial.number), number(trial.value), outcome_told(trial), f"{trial.duration_s:.1f}")
    return tuple(Text(plain(cell)) for cell in (*cells, point_told(header, trial.hyperparameters)))


def _style_of(trial: Trial) -> str:
    return "" if trial.outcome == "succeeded" else "yellow"
