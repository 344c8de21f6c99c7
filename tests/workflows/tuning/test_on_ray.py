"""Whole studies on a real Ray cluster of this machine, one of whose nodes is killed while they go on."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest
from ray_clusters import SMALL, training_workers, wait_until

from trainstore.api import Store
from trainstore.execution.request import TrainingRequest
from trainstore.execution.run_training import run_training
from trainstore.records.datasets import Part, PartName, Split
from trainstore.store.git.repository import Repository
from trainstore.workflows.save import save_records
from trainstore.workflows.score import score_model
from trainstore.workflows.tuning.options import ResumeOptions, TuneOptions
from trainstore.workflows.tuning.search import SearchListener
from trainstore.workflows.tuning.trial import TrialTask

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

CODE = """\
import time

import torch
from torch import nn


def train_model(X_train, y_train, X_val, y_val, device, lr, seconds):
    model = nn.Linear(X_train.shape[1], 3).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(20):
        loss = nn.functional.cross_entropy(model(X_train), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    time.sleep(seconds)
    return model, {"loss": loss.item()}
"""
SPACE = {
    "lr": {"default": 0.001, "type": "Real", "low": 1e-4, "high": 0.1, "prior": "log-uniform"},
    "seconds": {"default": 0.0, "type": "Real", "low": 0.0, "high": 0.0},
}


@pytest.fixture
def net(store: Repository, make_record: Callable[..., Any]) -> Store:
    save_records(store, [make_record("Net", CODE, bo_config=SPACE)])
    return Store.open(store.root)


def options_on(address: str, trials: int, **others: Any) -> TuneOptions:
    how = {"surrogate": "random", "device": "cpu", "ray": address, **others}
    return TuneOptions("sklearn:iris", trials, **how)


@pytest.mark.slow
def test_a_study_goes_on_when_a_node_is_killed(
    net: Store, ray_cluster: "Cluster", capfd: pytest.CaptureFixture[str]
) -> None:
    lost: list[psutil.Process] = []

    def lose_a_node() -> None:
        lost.extend(wait_until(training_workers))
        raylets = [above for above in lost[0].parents() if above.name() == "raylet"]
        [node] = [one for one in ray_cluster.worker_nodes if raylet_of(one) == raylets[0].pid]
        ray_cluster.remove_node(node, allow_graceful=False)

    begun: list[int] = []
    listener = SearchListener(on_begin=lambda task: begun.append(task.number))
    killer = Thread(target=lose_a_node)
    killer.start()
    try:
        result = net.tune("Net", options_on(ray_cluster.address, 4, chosen={"seconds": 1.0}), listener)
    finally:
        killer.join()
        ray_cluster.add_node(num_cpus=1, **SMALL)
    assert capfd.readouterr().out == ""
    study = result.study
    assert study.header.threads == 1
    assert begun == [1, 2, 3, 4]
    assert sorted(trial.number for trial in study.trials) == begun
    assert {trial.outcome for trial in study.trials} == {"succeeded"}
    _, alive = psutil.wait_procs(lost, 10)
    assert lost and not alive
    run = result.run.record
    assert (
        run.hyperparameters == next(one for one in study.trials if one.number == study.best).hyperparameters
    )
    assert net.rerun(run.run_id).record.verdict == "identical"


def raylet_of(node: Any) -> int:
    return int(node.all_processes["raylet"][0].process.pid)


@pytest.mark.slow
def test_trials_there_are_those_of_here(net: Store, ray_cluster: "Cluster") -> None:
    there = net.tune("Net", options_on(ray_cluster.address, 2, workers=1))
    here = net.tune("Net", replace(options_on("", 2), ray=None))
    assert [trial.hyperparameters for trial in there.study.trials] == [
        trial.hyperparameters for trial in here.study.trials
    ]
    assert [trial.scored_metrics for trial in there.study.trials] == [
        trial.scored_metrics for trial in here.study.trials
    ]
    assert there.run.record.weights_digest == here.run.record.weights_digest
    longer = ResumeOptions(trials=3, ray=ray_cluster.address)
    study = net.resume_study(there.study.header.study_id, longer).study
    assert [trial.number for trial in study.trials] == [1, 2, 3]


@pytest.mark.slow
def test_a_trial_that_ray_gives_up_is_one_that_was_killed(
    net: Store, ray_cluster: "Cluster", monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(self: Any, function: Any, task: TrialTask, /) -> Any:
        return submit(self, (lambda _: kill_own_process()) if task.number == 1 else function, task)

    def kill_own_process() -> None:  # travels whole, being defined here
        os.kill(os.getpid(), signal.SIGKILL)

    from trainstore.search.ray_executor import RayExecutor

    submit = RayExecutor.submit
    monkeypatch.setattr(RayExecutor, "submit", give_up)
    study = net.tune("Net", options_on(ray_cluster.address, 2)).study
    first, second = sorted(study.trials, key=lambda trial: trial.number)
    assert (first.outcome, second.outcome, study.best) == ("killed", "succeeded", 2)
    assert str(first.reason).startswith("Ray gave it up: ")


@pytest.mark.slow
def test_what_a_gpu_elsewhere_trained_is_scored_on_the_processor() -> None:
    generator = np.random.default_rng(0)
    part = Part(generator.normal(size=(20, 4)).astype(np.float32), generator.integers(0, 3, 20))
    parts: dict[PartName, Part] = {"train": part, "val": part}
    request = TrainingRequest(CODE, parts, {"lr": 0.1, "seconds": 0}, "cpu")
    with run_training(request, lambda line: None) as result:
        here = score_model(result, Split(parts), "classification", 3, request.sandbox)
        elsewhere = replace(result, device={**result.device, "used": "cuda:99"})
        assert score_model(elsewhere, Split(parts), "classification", 3, request.sandbox) == here
    assert here.outcome == "succeeded"
