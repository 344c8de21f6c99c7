"""MLflow's page of the same versions, each as a run, served by MLflow from a Python that has it."""

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from records import make_record
from rounds import Spent

_SECONDS_TO_START = 120
_RUNS_A_PAGE = 50  # what the page asks for
_EXPERIMENT = "versions"

# Runs in MLflow's own Python, with the records as JSON lines on its standard input: a run of each, as a user of
# MLflow would log it by one call.
_FILL = """
import json, sys
from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient
client = MlflowClient(tracking_uri=sys.argv[1])
experiment = client.create_experiment(sys.argv[2], artifact_location=sys.argv[3])
for line in sys.stdin:
    record = json.loads(line)
    begun = record["timestamp"] * 1000
    run = client.create_run(experiment, start_time=begun, run_name=record["name"], tags={"data_type": record["data_type"]})
    client.log_batch(
        run.info.run_id,
        metrics=[Metric("confidence", record["confidence"], begun, 0)],
        params=[Param(name, str(value)) for name, value in record["parameters"].items()],
    )
    client.set_terminated(run.info.run_id, end_time=begun + 1000)
print(experiment)
"""


@contextmanager
def mlflow_serving(python: Path, folder: Path, count: int) -> Iterator[tuple[str, str, psutil.Process]]:
    """Fill a SQLite store of MLflow's with versions and serve it; yield its host, the experiment and the process."""
    uri, artifacts = f"sqlite:///{folder / 'mlflow.db'}", str(folder / "artifacts")
    lines = "".join(json.dumps(_row(make_record(number))) + "\n" for number in range(count))
    filled = subprocess.run(
        [python, "-c", _FILL, uri, _EXPERIMENT, artifacts],
        input=lines, text=True, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    served = subprocess.Popen(
        [python, "-m", "mlflow", "server", "--backend-store-uri", uri, "--artifacts-destination", artifacts,
         "--host", "127.0.0.1", "--port", str(port)],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    process = psutil.Process(served.pid)
    try:
        _wait(f"127.0.0.1:{port}")
        yield f"127.0.0.1:{port}", filled.stdout.split()[-1], process
    finally:
        for one in [*process.children(recursive=True), process]:
            one.terminate()
        served.wait()


def ask_mlflow(host: str, experiment: str, process: psutil.Process) -> Spent:
    """Ask for what MLflow's list of runs is made of: its HTML, and the search that fills the first page of the list."""
    search = {
        "experiment_ids": [experiment],
        "max_results": _RUNS_A_PAGE,
        "order_by": ["attributes.start_time DESC"],
        "run_view_type": "ACTIVE_ONLY",
    }
    before, begun = _processor(process), time.perf_counter()
    _ask(host, "GET", "/")
    found = json.loads(_ask(host, "POST", "/ajax-api/2.0/mlflow/runs/search", json.dumps(search)))
    wall = time.perf_counter() - begun
    if len(found["runs"]) != _RUNS_A_PAGE:
        raise RuntimeError(f"MLflow answered with {len(found['runs'])} runs.")
    return Spent(wall, _processor(process) - before)


def _row(record: dict[str, object]) -> dict[str, object]:
    profile, space = record["data_profile"], record["bo_config"]
    assert isinstance(profile, dict) and isinstance(space, dict)
    return {
        "name": record["model_name"],
        "data_type": profile["data_type"],
        "confidence": record["confidence"],
        "timestamp": record["timestamp"],
        "parameters": {name: entry["default"] for name, entry in space.items()},
    }


def _ask(host: str, method: str, address: str, body: str | None = None) -> bytes:
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request(method, address, body, {"Content-Type": "application/json"} if body else {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"MLflow answered {address} by {answer.status}: {content[:200]!r}")
    return content


def _wait(host: str) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while True:
        try:
            _ask(host, "GET", "/health")
            return
        except (OSError, RuntimeError):
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def _processor(process: psutil.Process) -> float:
    family: Sequence[psutil.Process] = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)
