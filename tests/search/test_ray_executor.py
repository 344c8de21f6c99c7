"""Trials on a real Ray cluster of this machine: three nodes, one of which is killed."""

import os
import platform
import signal
import socket
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import psutil
import pytest
from ray_clusters import SMALL, command_of, training_workers, wait_until

from trainstore.errors import NotFound, UsageError
from trainstore.execution.request import TrainingRequest
from trainstore.execution.run_training import run_training
from trainstore.records.datasets import Part

ray = pytest.importorskip("ray")
from ray.cluster_utils import Cluster  # noqa: E402

from trainstore.search import ray_executor  # noqa: E402
from trainstore.search.ray_executor import RayExecutor  # noqa: E402

MIB = 1 << 20
CODE = """\
import os
import time
import torch


def train_model(X_train, y_train, X_val, y_val, device, wait=0.0):
    model = torch.nn.Linear(X_train.shape[1], 3)
    optimizer = torch.optim.Adam(model.parameters())
    for _ in range(3):
        loss = torch.nn.functional.cross_entropy(model(X_train), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    time.sleep(wait)
    return model, {"loss": loss.item(), "secrets": sum("RAY" in name for name in os.environ)}
"""


def part_of_data() -> Part:
    generator = np.random.default_rng(0)
    return Part(generator.normal(size=(20, 4)).astype(np.float32), generator.integers(0, 3, 20))


def trial_of(part: Part) -> Callable[[Mapping[str, Any]], Any]:
    """Make what does a trial; it travels whole, as nodes cannot import tests."""
    from dataclasses import make_dataclass

    result_type = make_dataclass("Result", ["digest", "sandbox", "metrics", "files"], frozen=True)

    def train(task: Mapping[str, Any]) -> Any:
        request = TrainingRequest(CODE, {"train": part, "val": part}, {"wait": task.get("wait", 0.0)}, "cpu")
        with run_training(request, lambda line: None) as result:
            assert result.weights is not None, result.reason
            result.weights.seek(0)
            files = {"weights": result.weights.read()}
        return result_type(result.weights_digest, result.sandbox, result.metrics, files)

    return train


def task_of(act: Callable[[], Any]) -> Callable[[Any], Any]:
    """Make what does anything, and tells where."""
    from dataclasses import make_dataclass

    result_type = make_dataclass("Result", ["value", "node", "files"], frozen=True)

    def do(_: Any) -> Any:
        node = ray.get_runtime_context().get_node_id()
        return result_type(act(), node, {"large": b"\1" * MIB})

    return do


@pytest.mark.parametrize("address", ["auto", "ray://127.0.0.1:10001", "127.0.0.1", "127.0.0.1:ray", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is not the address of a Ray cluster"):
        RayExecutor(address)


def test_a_gpu_of_one_machine_cannot_be_meant() -> None:
    with pytest.raises(UsageError, match="cuda:1 on a cluster"):
        RayExecutor("local", device="cuda:1")


def test_where_nothing_answers_it_is_said_at_once() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with pytest.raises(UsageError, match=f"no Ray cluster at 127.0.0.1:{port}: .*refused"):
            RayExecutor(f"127.0.0.1:{port}")


def test_where_something_else_answers_it_is_said_at_once() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        Thread(target=server.handle_request, daemon=True).start()
        with pytest.raises(UsageError, match="what answers there is no Ray"):
            RayExecutor(f"127.0.0.1:{server.server_port}")


@pytest.mark.slow
def test_a_cluster_of_this_machine_alone(
    isolated_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes first: that another cluster can be joined afterwards, the tests that follow show."""
    deep = tmp_path / ("deep" * 10)  # too deep for the sockets
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    others = set(psutil.Process().children(recursive=True))
    with RayExecutor("local") as executor:
        assert "RAY_AUTH_TOKEN" not in os.environ
        assert executor.submit(task_of(lambda: 3), {}).result(60).value == 3
        processes = [one for one in psutil.Process().children(recursive=True) if one not in others]
        assert {place.laddr.ip.removeprefix("::ffff:") for place in listening(processes)} == {"127.0.0.1"}
    _, alive = psutil.wait_procs(processes, 10)
    assert not alive
    assert not (isolated_home / ".ray").exists()
    assert not list(deep.iterdir())


def listening(processes: list[psutil.Process]) -> list[Any]:
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found += [place for place in process.net_connections("inet") if place.status == "LISTEN"]
    return found


@pytest.mark.slow
def test_a_trial_gives_there_what_it_gives_here(ray_cluster: Cluster) -> None:
    train = trial_of(part_of_data())
    here = train({})
    with RayExecutor(ray_cluster.address) as executor:
        assert (executor.places, executor.device) == (2, "cpu")
        there = executor.submit(train, {}).result(60)
        assert there.files == {"weights": here.files["weights"]}
    assert (there.digest, there.sandbox, there.metrics) == (here.digest, here.sandbox, here.metrics)
    assert there.metrics["secrets"] == 0


@pytest.mark.slow
def test_files_stay_where_they_are_until_they_are_read(ray_cluster: Cluster) -> None:
    with RayExecutor(ray_cluster.address) as executor:
        result = executor.submit(task_of(lambda: 3), {}).result(60)
        assert result.value == 3
        assert list(result.files) == ["large"]
        homes = ray.experimental.get_object_locations([result.files.place])[result.files.place]["node_ids"]
        assert homes == [result.node]
        assert result.files["large"] == b"\1" * MIB


@pytest.mark.slow
def test_what_a_trial_raises_is_raised_here(ray_cluster: Cluster) -> None:
    def fail() -> None:
        raise NotFound("there is none", "look elsewhere")

    with (
        RayExecutor(ray_cluster.address) as executor,
        pytest.raises(NotFound, match="there is none") as raised,
    ):
        executor.submit(task_of(fail), {}).result(60)
    assert raised.value.message == f"On the machine {platform.node()}: there is none"
    assert raised.value.hint == "look elsewhere"


@pytest.mark.slow
def test_a_machine_with_other_versions_does_nothing(
    ray_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ray_executor.versions_here()
    monkeypatch.setattr(ray_executor, "versions_here", lambda: {**here, "torch": "1.0"})
    with (
        RayExecutor(ray_cluster.address) as executor,
        pytest.raises(UsageError, match=rf"it has torch {here['torch']} \(here 1.0\)\."),
    ):
        executor.submit(task_of((tmp_path / "begun").touch), {}).result(60)
    assert not (tmp_path / "begun").exists()


@pytest.mark.slow
def test_more_processors_than_any_machine_has_are_refused(ray_cluster: Cluster) -> None:
    with pytest.raises(UsageError, match=r"No machine .* has room for a trial, which takes 2 CPU\."):
        RayExecutor(ray_cluster.address, cpus=2)
    assert not ray.is_initialized()


@pytest.mark.slow
def test_a_trial_whose_process_is_killed_each_time_is_given_up(ray_cluster: Cluster, tmp_path: Path) -> None:
    def die() -> None:
        with (tmp_path / "begun").open("a") as file:
            file.write("x")
        os.kill(os.getpid(), signal.SIGKILL)

    with RayExecutor(ray_cluster.address, on_lost=lambda task, why: why) as executor:
        result = executor.submit(task_of(die), {}).result(60)
    assert result.startswith("Ray gave it up: The worker died unexpectedly")
    assert (tmp_path / "begun").read_text() == "xxxx"


@pytest.mark.slow
def test_leaving_ends_the_trials_and_not_the_cluster(ray_cluster: Cluster) -> None:
    with RayExecutor(ray_cluster.address) as executor:
        future = executor.submit(trial_of(part_of_data()), {"wait": 300})
        waiting = [executor.submit(task_of(lambda: 0), {}) for _ in range(3)]
        begun = wait_until(training_workers)
        jobs = [Path(command_of(worker)[-1]) for worker in begun]
        assert all(job.is_dir() for job in jobs)
    assert future.cancelled()
    assert all(one.done() for one in waiting)
    psutil.wait_procs(begun, 10)
    assert not any(process.is_running() for process in begun)
    wait_until(lambda: not any(job.exists() for job in jobs), 10)  # the supervisor cleared up
    with RayExecutor(ray_cluster.address) as executor:
        assert executor.places == 2


@pytest.mark.slow
def test_a_trial_whose_node_is_killed_is_begun_again_on_another(
    ray_cluster: Cluster, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train = trial_of(part_of_data())

    def begin() -> Any:
        with (tmp_path / "begun").open("a") as file:
            file.write(f"{ray.get_runtime_context().get_node_id()}\n")
        return train({"wait": 0 if (tmp_path / "lost").exists() else 300}).digest

    with RayExecutor(ray_cluster.address) as executor:
        future = executor.submit(task_of(begin), {})
        left_behind = wait_until(training_workers)
        (tmp_path / "lost").touch()
        first = (tmp_path / "begun").read_text().strip()
        doomed = next(node for node in ray_cluster.worker_nodes if node.node_id == first)
        try:
            ray_cluster.remove_node(doomed, allow_graceful=False)
            result = future.result(60)
        finally:
            ray_cluster.add_node(num_cpus=1, **SMALL)
        assert result.value == train({}).digest
        assert (tmp_path / "begun").read_text().split() == [first, result.node]
        assert result.node != first
    _, alive = psutil.wait_procs(left_behind, 10)
    assert not alive
    assert capfd.readouterr().out == ""
