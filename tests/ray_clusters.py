"""A real Ray cluster on this machine, for tests: three nodes, two of which do one thing at a time."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil
import pytest

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

SMALL = {"object_store_memory": 80 << 20, "include_dashboard": False}


@pytest.fixture(scope="module")
def ray_cluster() -> "Iterator[Cluster]":
    """Two nodes with a processor each, and a head that has none to spare."""
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        cluster = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **SMALL})
        try:
            for _ in range(2):
                cluster.add_node(num_cpus=1, **SMALL)
            yield cluster
        finally:
            cluster.shutdown()


def wait_until(is_so: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
    return found


def training_workers() -> list[psutil.Process]:
    """Those that a node of the cluster has begun, whatever else is tested at the same time."""
    return [
        child
        for process in psutil.process_iter()
        if is_ray_worker(process)
        for child in process.children(recursive=True)
        if "trainstore.execution.worker" in command_of(child)
    ]


def is_ray_worker(process: psutil.Process) -> bool:
    return any(word.startswith("ray::") for word in command_of(process)) and is_ours(process)


def is_ours(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any(above.pid == os.getpid() for above in process.parents())
    return False


def command_of(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []
