"""The search itself: asks for points, has them tried, and writes down what each gave."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import count

from trainstore.records.datasets import Task
from trainstore.records.study import EndReason, StudyHeader, Trial, best_of
from trainstore.search.make_sampler import make_sampler
from trainstore.search.sampler import Sampler
from trainstore.workflows.tuning.judge_trial import judge_trial
from trainstore.workflows.tuning.kept_trial import (
    remove_all_but,
    remove_trial,
    to_keep,
    write_trial,
)
from trainstore.workflows.tuning.places import Places
from trainstore.workflows.tuning.study_file import StudyFile, StudyLines
from trainstore.workflows.tuning.trial import TrialResult, TrialSetting, TrialTask


@dataclass(frozen=True)
class SearchListener:
    """Who is told of a search: each step in a few words, that a trial begins, how one ended, and the best so far."""

    on_step: Callable[[str], None] = lambda step: None
    on_study: Callable[[StudyLines, int], None] = lambda study, trials: None
    on_begin: Callable[[TrialTask], None] = lambda task: None
    on_trial: Callable[[Trial, Trial | None], None] = lambda trial, best: None


def search(
    study: StudyFile, setting: TrialSetting, trials: int, places: Places, listener: SearchListener
) -> EndReason:
    """Try points until there are so many trials, or no point is left.

    Writes: a line for each trial, and the files of the one that would be kept.

    Args:
        study: with the trials so far.
        setting: of all trials.
        trials: how many there are to be in all.
        places: where they are done.
        listener: is told of the progress.
    """
    before = study.lines.trials
    if before:
        remove_all_but(study.folder, to_keep(before).number)
    going = _Search(study, setting, trials, places, listener)
    while going.begin_trials():
        going.end_trials()
    return "exhausted" if going.exhausted else "finished"


class _Search:
    """A search at work: the sampler, and what it has asked to be tried."""

    def __init__(
        self, study: StudyFile, setting: TrialSetting, trials: int, places: Places, listener: SearchListener
    ) -> None:
        self.exhausted = False
        self._study, self._setting, self._trials = study, setting, trials
        self._places, self._listener = places, listener
        self._sampler = told_sampler(study.lines.header, study.lines.trials)
        self._function = places.function(setting)
        self._numbers = _free_numbers(study.lines.trials)
        self._free = list(range(len(places.devices)))[::-1]
        self._at_work: dict[Future[TrialResult], tuple[TrialTask, int]] = {}

    def begin_trials(self) -> bool:
        """Have points tried wherever there is a place; tell whether any trial is at work."""
        while self._free and len(self._study.lines.trials) + len(self._at_work) < self._trials:
            point = self._sampler.ask()  # what is at work counts as tried
            if point is None:
                self.exhausted = True
                break
            number, place = next(self._numbers), self._free.pop()
            task = TrialTask(
                number, point, self._places.devices[place], self._places.folder(self._study.folder, number)
            )
            self._listener.on_begin(task)
            self._at_work[self._places.executor.submit(self._function, task)] = (task, place)
        return bool(self._at_work)

    def end_trials(self) -> None:
        """Wait for a trial, and write down all that have ended."""
        done, _ = wait(self._at_work, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda future: self._at_work[future][0].number):
            task, place = self._at_work.pop(future)
            self._free.append(place)
            trial = _write_down(self._study, self._setting.task, task, future.result())
            self._sampler.tell(dict(task.hyperparameters), told_value(trial))
            self._listener.on_trial(trial, best_of(self._study.lines.trials))


def try_again(study: StudyFile, setting: TrialSetting, places: Places, trial: Trial) -> None:
    """Do a trial once more whose files are gone, as they are when a study was finished and is then made longer."""
    folder = places.folder(study.folder, trial.number)
    task = TrialTask(trial.number, trial.hyperparameters, places.devices[0], folder)
    write_trial(study.folder, places.executor.submit(places.function(setting), task).result())


def told_sampler(header: StudyHeader, trials: Sequence[Trial]) -> Sampler:
    """Return a study's sampler, which knows the trials so far."""
    sampler = make_sampler(header.surrogate, header.dimensions, seed=header.seed, initial=header.initial)
    for trial in trials:
        sampler.tell(trial.hyperparameters, told_value(trial))
    return sampler


def told_value(trial: Trial) -> float | None:
    """Return what a sampler is told of a trial: the smaller, the better; None of one that cannot be the best."""
    if trial.outcome != "succeeded" or trial.value is None or trial.figure is None:
        return None
    return -trial.value if trial.figure.direction == "maximize" else trial.value


def _free_numbers(trials: Sequence[Trial]) -> Iterator[int]:
    taken = {trial.number for trial in trials}
    return (number for number in count(1) if number not in taken)


def _write_down(study: StudyFile, kind: Task, task: TrialTask, result: TrialResult) -> Trial:
    """Record a trial; before that, what may be kept of it, so that the best one recorded is always there."""
    header, before = study.lines.header, study.lines.trials
    trial = judge_trial(header, kind, study.lines.figure, task, result)
    kept = to_keep([*before, trial])
    if kept.number == trial.number:
        write_trial(study.folder, result)
    study.add(trial)
    for one in {trial.number, to_keep(before).number if before else trial.number} - {kept.number}:
        remove_trial(study.folder, one)
    return trial
