"""A study that is killed goes on as if it had not been, and is committed once."""

import os
import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from scripted_trials import Scripted, begun, ended, gone_on, searched

from trainstore.errors import InvalidRecord, NotFound, StoreConflict, StoreLocked
from trainstore.records.run_record import encode_run
from trainstore.records.study import Trial
from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.tuning.options import ResumeOptions, TuneOptions
from trainstore.workflows.tuning.search import SearchListener
from trainstore.workflows.tuning.studies import (
    StudyEntry,
    all_studies,
    count_studies,
    find_study,
    newest_to_resume,
)
from trainstore.workflows.tuning.study_file import open_study, study_on_disk
from trainstore.workflows.tuning.trial import TrialResult, TrialTask
from trainstore.workflows.tuning.tune import resume, tune

Git = Callable[..., str]
InChild = Callable[..., int]
Options = Callable[..., TuneOptions]

TRIALS = 14


def by_width(task: TrialTask) -> TrialResult:
    """Fail at every fourth trial; else succeed, with a value that depends on the point alone."""
    if task.number % 4 == 0:
        return ended(task)
    return ended(task, "succeeded", value=1 - abs(task.hyperparameters["width"] - 20) / 64)


def told(trials: tuple[Trial, ...] | list[Trial]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(trial) for trial in trials]


def killed_at(number: int, task: TrialTask) -> TrialResult:
    if task.number == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return by_width(task)


@pytest.mark.parametrize("surrogate", ["et", "random"])
def test_the_trials_are_those_that_it_would_have_had_without_the_kills(
    tuned_store: Repository, options: Options, in_child: InChild, surrogate: str
) -> None:
    how = options(TRIALS, surrogate=surrogate, initial=4)
    whole = searched(tuned_store, how, by_width)
    study_id = begun(tuned_store, how)
    for number in sorted(Random(surrogate).sample(range(1, TRIALS + 1), 3)):
        script = partial(killed_at, number)
        assert in_child(lambda: gone_on(tuned_store, study_id, script)) == -signal.SIGKILL  # noqa: B023
    study = gone_on(tuned_store, study_id, by_width)
    assert told(study.trials) == told(whole.trials)
    assert len(study.trials) == TRIALS


def test_what_a_kill_left_of_a_line_does_not_count(tuned_store: Repository, options: Options) -> None:
    study = searched(tuned_store, options(3), by_width)
    [path] = (tuned_store.state / "studies").glob("*.jsonl")
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    beginning = sum(len(line) for line in lines[:-1])
    for size in range(beginning, len(content), 7):
        path.write_bytes(content[:size])
        on_disk = study_on_disk(tuned_store, study.header.study_id)
        assert on_disk is not None and on_disk.trials == study.trials[:2]
        again = gone_on(tuned_store, study.header.study_id, by_width)
        assert told(again.trials) == told(study.trials)
        assert path.read_bytes() == content


def test_damage_before_the_last_line_is_told(tuned_store: Repository, options: Options) -> None:
    study = searched(tuned_store, options(3), by_width)
    [path] = (tuned_store.state / "studies").glob("*.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[1][:-9] + b"\n", *lines[2:]]))
    with pytest.raises(InvalidRecord, match="line 2"), open_study(tuned_store, study.header.study_id):
        pass
    assert study_on_disk(tuned_store, study.header.study_id) is None
    assert all_studies(tuned_store) == []  # and others can still be listed


@pytest.mark.slow
def test_a_kill_at_any_step_leads_to_one_commit(
    tuned_store: Repository, options: Options, in_child: InChild, git: Git, tmp_path: Path
) -> None:
    finished = copy_of(tuned_store, tmp_path / "finished")
    steps = in_child(lambda: failing_study(finished, options))
    assert steps > 10
    for step in range(1, steps + 1):
        store = copy_of(tuned_store, tmp_path / str(step))
        assert in_child(lambda: failing_study(store, options), step) == -signal.SIGKILL  # noqa: B023
        entries = all_studies(store)
        if not entries or not entries[0].trials:
            continue  # nothing was tried yet
        resume(store, entries[0].header.study_id, ResumeOptions(), SearchListener(), Scripted(ended))
        assert_kept_once(store, git)
        shutil.rmtree(store.root)


def failing_study(store: Repository, options: Options) -> None:
    tune(store, "Net", options(2), SearchListener(), Scripted(ended))


def assert_kept_once(store: Repository, git: Git) -> None:
    subjects = [line for line in git(store, "log", "--format=%s").splitlines() if line.startswith("tune")]
    assert len(subjects) == 1
    assert git(store, "status", "--porcelain", "--untracked-files=all") == ""
    [study] = all_studies(store)
    assert (study.state, len(study.trials)) == ("finished", 2)
    [run] = store.root.glob("training_runs/*/*/*")
    assert {file.name for file in run.iterdir()} >= {"run.json", "study.json"}
    assert study.ending is not None and study.ending.run_id == run.name


def copy_of(store: Repository, place: Path) -> Repository:
    shutil.copytree(store.root, place, symlinks=True)
    return find_store(place)


class TestResume:
    def test_a_finished_study_is_given_back_as_it_is(
        self, tuned_store: Repository, options: Options, git: Git
    ) -> None:
        first = tune(tuned_store, "Net", options(2), SearchListener(), Scripted(ended))
        head = git(tuned_store, "rev-parse", "HEAD")
        executor = Scripted(ended)
        for how in (ResumeOptions(), ResumeOptions(trials=1)):
            again = resume(tuned_store, first.study.header.study_id, how, SearchListener(), executor)
            assert again.already and again.study == first.study
            assert encode_run(again.run.record) == encode_run(first.run.record)
        assert executor.tasks == [] and git(tuned_store, "rev-parse", "HEAD") == head

    def test_more_trials_go_on_where_it_ended(self, tuned_store: Repository, options: Options) -> None:
        whole = searched(tuned_store, options(6), ended)
        first = tune(tuned_store, "Net", options(4), SearchListener(), Scripted(ended))
        executor = Scripted(ended)
        longer = resume(
            tuned_store, first.study.header.study_id, ResumeOptions(trials=6), SearchListener(), executor
        )
        assert [task.number for task in executor.tasks] == [5, 6, 1]  # the first is kept once more
        assert [trial.hyperparameters for trial in longer.study.trials] == [
            trial.hyperparameters for trial in whole.trials
        ]
        assert longer.run.record.run_id != first.run.record.run_id

    def test_the_newest_that_can_go_on_is_taken(self, tuned_store: Repository, options: Options) -> None:
        with pytest.raises(NotFound, match="no unfinished study"):
            newest_to_resume(tuned_store, None)
        first, second = begun(tuned_store, options(2)), begun(tuned_store, options(2))
        tune(tuned_store, "Net", options(1), SearchListener(), Scripted(ended))
        assert newest_to_resume(tuned_store, None).header.study_id == max(first, second)

    def test_a_part_of_the_newest_is_read_by_itself(self, tuned_store: Repository, options: Options) -> None:
        for _ in range(3):
            tune(tuned_store, "Net", options(1), SearchListener(), Scripted(ended))
        begun(tuned_store, options(2))
        every = all_studies(tuned_store)
        assert sorted(study.state for study in every) == ["finished"] * 3 + [
            "unfinished"
        ]  # begun in one second
        assert [study.header.study_id for study in every] == sorted(study.header.study_id for study in every)
        assert count_studies(tuned_store) == 4
        assert all_studies(tuned_store, limit=2) == every[2:]
        assert all_studies(tuned_store, limit=2, offset=2) == every[:2]
        assert all_studies(tuned_store, limit=2, offset=3) == every[:1]
        path = every[0].header.version["path"]
        assert all_studies(tuned_store, {path}) == every and count_studies(tuned_store, {"other"}) == 0
        assert find_study(tuned_store, every[1].header.study_id) == every[1]

    def test_one_process_at_a_time(self, tuned_store: Repository, options: Options) -> None:
        study_id = begun(tuned_store, options(2))
        with open_study(tuned_store, study_id):
            assert [study.state for study in all_studies(tuned_store)] == ["at work"]
            with pytest.raises(StoreLocked, match="at work in another process"):
                resume(tuned_store, study_id, ResumeOptions(), SearchListener(), Scripted(ended))
        assert [study.state for study in all_studies(tuned_store)] == ["unfinished"]

    def test_other_libraries_are_told_and_can_be_overruled(
        self, tuned_store: Repository, options: Options
    ) -> None:
        study_id = begun(tuned_store, options(2))
        [path] = (tuned_store.state / "studies").glob("*.jsonl")
        header = msgspec.json.decode(path.read_bytes())
        header["libraries"]["scikit-optimize"] = "0.1"
        path.write_bytes(msgspec.json.encode(header) + b"\n")
        with pytest.raises(StoreConflict, match=r"scikit-optimize 0\.1 → "):
            resume(tuned_store, study_id, ResumeOptions(), SearchListener(), Scripted(ended))
        how = ResumeOptions(despite_changes=True)
        assert len(resume(tuned_store, study_id, how, SearchListener(), Scripted(ended)).study.trials) == 2

    def test_ctrl_c_keeps_the_best_so_far_and_can_go_on(
        self, tuned_store: Repository, options: Options
    ) -> None:
        def stop_at(number: int, task: TrialTask) -> TrialResult:
            if task.number == number:
                raise KeyboardInterrupt
            return ended(task)

        stopped = tune(tuned_store, "Net", options(5), SearchListener(), Scripted(partial(stop_at, 3)))
        assert (stopped.study.ended.reason, len(stopped.study.trials)) == ("interrupted", 2)
        [study] = all_studies(tuned_store)
        assert study.state == "interrupted" and study.can_go_on
        study_id = study.header.study_id
        whole = resume(tuned_store, study_id, ResumeOptions(), SearchListener(), Scripted(ended))
        assert (whole.study.ended.reason, len(whole.study.trials)) == ("finished", 5)
        [one] = all_studies(tuned_store)
        assert isinstance(one, StudyEntry) and one.state == "finished"

    def test_ctrl_c_before_anything_was_tried_leaves_nothing(
        self, tuned_store: Repository, options: Options
    ) -> None:
        def stop(task: TrialTask) -> TrialResult:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            tune(tuned_store, "Net", options(5), SearchListener(), Scripted(stop))
        assert all_studies(tuned_store) == []
