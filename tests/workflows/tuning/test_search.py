"""How a search goes: its points, its values, its end."""

import json
import pickle
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from scripted_trials import CODE, SPACE, Scripted, ended, searched

from trainstore.errors import UsageError
from trainstore.records.study import best_of
from trainstore.search.point_space import identity
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.workflows.read_run import read_runs
from trainstore.workflows.save import save_records
from trainstore.workflows.tuning.keep_best import TuneResult
from trainstore.workflows.tuning.options import TuneOptions
from trainstore.workflows.tuning.search import SearchListener, told_value
from trainstore.workflows.tuning.trial import TrialResult, TrialTask
from trainstore.workflows.tuning.tune import tune

Make = Callable[..., Any]
Options = Callable[..., TuneOptions]


def failing(task: TrialTask) -> TrialResult:
    return ended(task)


def points(executor: Scripted) -> list[dict[str, Any]]:
    return [dict(task.hyperparameters) for task in executor.tasks]


def search(store: Repository, options: TuneOptions, executor: Any, name: str = "Net") -> TuneResult:
    return tune(store, name, options, SearchListener(), executor)


class TestPoints:
    def test_the_default_comes_first_and_no_point_twice(
        self, tuned_store: Repository, options: Options
    ) -> None:
        executor = Scripted(failing)
        search(tuned_store, options(12), executor)
        tried = points(executor)
        assert tried[0] == {"lr": 0.01, "width": 4, "act": "relu"}
        assert len({identity(point) for point in tried}) == 12
        assert [task.number for task in executor.tasks] == list(range(1, 13))

    def test_what_is_set_stays_and_a_range_holds(self, tuned_store: Repository, options: Options) -> None:
        executor = Scripted(failing)
        search(tuned_store, options(8, chosen={"act": "tanh"}, ranges={"width": (5, 6)}), executor)
        assert {point["act"] for point in points(executor)} == {"tanh"}
        assert {point["width"] for point in points(executor)} == {5, 6}

    def test_values_are_plain_python(self, store: Repository, make_record: Make, options: Options) -> None:
        categories = [True, False, "text", [1, 2], 3, 0.5]
        space = {
            "act": {"default": False, "type": "Categorical", "categories": categories},
            "width": {"default": 2, "type": "Integer", "low": 2, "high": 2},
            "lr": {"default": 0.5, "type": "Real", "low": 0.5, "high": 0.5},
        }
        save_records(store, [make_record("Net", CODE, bo_config=space)])
        executor = Scripted(failing)
        study = search(store, options(99, surrogate="rf", initial=2), executor).study
        tried = points(executor)
        assert tried[0]["act"] is False
        assert sorted(json.dumps(point["act"]) for point in tried) == sorted(map(json.dumps, categories))
        assert {type(point["lr"]) for point in tried} == {float}
        assert {type(point["width"]) for point in tried} == {int}
        assert [trial.hyperparameters for trial in study.trials] == tried
        assert study.ended.reason == "exhausted"

    def test_what_the_function_does_not_take_is_left_out(
        self, store: Repository, make_record: Make, options: Options
    ) -> None:
        more = {**SPACE, "other": {"default": 1, "type": "Integer", "low": 1, "high": 9}}
        save_records(store, [make_record("Net", CODE, bo_config=more)])
        executor = Scripted(failing)
        study = search(store, options(3), executor).study
        assert all(set(point) == {"lr", "width", "act"} for point in points(executor))
        assert study.header.left_out == ["other"]
        with pytest.raises(UsageError, match="does not take it"):
            search(store, options(3, ranges={"other": (1, 2)}), executor)

    def test_what_is_set_outside_of_the_declared_range_is_told_before_the_first_trial(
        self, tuned_store: Repository, options: Options
    ) -> None:
        told: list[str] = []
        listener = SearchListener(on_step=told.append, on_begin=lambda task: told.append("begun"))
        tune(tuned_store, "Net", options(1, chosen={"width": 99}), listener, Scripted(failing))
        assert told.index("width=99 lies outside of the declared range") < told.index("begun")


class TestValues:
    def test_a_sampler_is_told_values_so_that_smaller_is_better_and_failures_as_none(
        self, tuned_store: Repository, options: Options
    ) -> None:
        def script(task: TrialTask) -> TrialResult:
            if task.number == 2:
                return ended(task)
            if task.number == 3:
                return ended(task, "succeeded", value=0.99, size=5001)
            return ended(task, "succeeded", value=task.number / 10)

        study = searched(tuned_store, options(4, max_model_kb=5), script)
        assert [told_value(trial) for trial in study.trials] == [-0.1, None, None, -0.4]
        assert [trial.outcome for trial in study.trials] == ["succeeded", "failed", "infeasible", "succeeded"]
        assert study.trials[2].value == 0.99
        assert study.trials[2].reason == "its model takes 5.0 kB, and at most 5 kB are wanted"
        best = best_of(study.trials)
        assert best is not None and best.number == 4

    def test_the_search_goes_where_values_are_better(self, tuned_store: Repository, options: Options) -> None:
        def script(task: TrialTask) -> TrialResult:
            return ended(task, "succeeded", value=1 - abs(task.hyperparameters["width"] - 50) / 64)

        study = searched(tuned_store, options(20, surrogate="et", initial=8), script)
        widths = [trial.hyperparameters["width"] for trial in study.trials]
        assert sum(abs(width - 50) for width in widths[12:]) < sum(abs(width - 50) for width in widths[:8])

    def test_failed_trials_count_and_a_study_of_them_is_kept_as_a_failed_run(
        self, tuned_store: Repository, options: Options
    ) -> None:
        outcomes = ["failed", "timed_out", "out_of_memory", "killed"]
        executor = Scripted(lambda task: ended(task, outcomes[task.number - 1]))
        result = search(tuned_store, options(4, surrogate="rf", initial=1), executor)
        assert result.study.best is None and result.study.figure is None
        assert [trial.outcome for trial in result.study.trials] == outcomes
        assert {trial.reason for trial in result.study.trials} == {"ValueError: five"}
        with open_index(tuned_store) as index:
            [run] = index.runs()
            [record] = read_runs(tuned_store, [run])
        assert (run.action, run.outcome, record.study_id) == ("tune", "failed", result.study.header.study_id)
        assert record.error == {"type": "ValueError", "message": "five", "traceback": "Traceback: five"}
        assert record.curves == {"loss": [1.0, None]}


def test_what_goes_to_other_processes_and_comes_back_can_be_pickled(
    tuned_store: Repository, options: Options
) -> None:
    class Elsewhere:
        def submit(
            self, function: Callable[[TrialTask], TrialResult], task: TrialTask, /
        ) -> "Future[TrialResult]":
            function, task = pickle.loads(pickle.dumps((function, task)))
            [setting] = function.args  # type: ignore[attr-defined]
            assert set(setting.parts) == {"train", "val"} and task.folder is None
            future: Future[TrialResult] = Future()
            future.set_result(pickle.loads(pickle.dumps(ended(task))))
            return future

    assert len(search(tuned_store, options(2), Elsewhere()).study.trials) == 2


class TestSeveralWorkers:
    def test_points_at_work_are_not_asked_for_again(
        self, store: Repository, make_record: Make, options: Options
    ) -> None:
        space = {"act": {"default": 0, "type": "Categorical", "categories": list(range(6))}}
        code = CODE.replace("lr, width, act", "act")
        save_records(store, [make_record("Net", code, bo_config=space)])
        together = Barrier(3)  # three trials must be at work at once, or it breaks

        def script(task: TrialTask) -> TrialResult:
            together.wait(timeout=20)
            return ended(task)

        class InThreads:
            pool = ThreadPoolExecutor(3)

            def submit(self, _: Any, task: TrialTask, /) -> "Future[TrialResult]":
                return self.pool.submit(script, task)

        study = search(store, options(99, workers=3), InThreads()).study
        assert sorted(trial.hyperparameters["act"] for trial in study.trials) == list(range(6))
        assert [trial.number for trial in study.trials] == list(range(1, 7))
        assert (study.ended.reason, study.header.workers) == ("exhausted", 3)

    def test_threads_are_divided(self, options: Options) -> None:
        assert options(threads=8, workers=3).run_options().threads == 2
        assert options(threads=1, workers=3).run_options().threads == 1
