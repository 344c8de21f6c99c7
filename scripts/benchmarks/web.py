"""How long pages of `trainstore ui` take in stores of several sizes.

scripts/bench web [--sizes 1k,10k,100k] [--rounds 15] [--json FILE] [--folder DIR | --stores DIR] [--mlflow PYTHON]

One server a store, all at once; the sizes take turns. The processor's time is that of the server and its children.
With the Python of an installed MLflow, its page of the same 1,000 versions takes turns with them: `mlflow_page` says what
is asked of it.
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil
from mlflow_page import ask_mlflow, mlflow_serving
from ratios import judged
from records import make_record, names
from rounds import Spent, Timing, milliseconds, take_turns
from store_tables import Row
from stores import ENVIRONMENT, build_stores, git
from tables import print_table, write_tables

_HEADERS = ("what", "versions", "ms", "least ms", "CPU ms", "ratio", "CPU ratio", "goal")
_REQUESTS_A_ROUND = 5
_TIMES = {"/retention": 1}  # it takes seconds
_FIRST_NEW = 50_000_000  # of records that no store has
_GOAL_FROM, _GOAL_AT, _GOAL = 1000, 100_000, 1.2
_GOAL_BESIDE_MLFLOW = 0.2

_FIRST, _AFTER_COMMIT = "the first page", "the first page, after a commit by plain git"
_MLFLOW = "MLflow: its HTML and the search for the first 50 runs"


def main() -> None:
    """Build the stores, serve them, measure, print a table."""
    chosen = _arguments()
    os.environ.update(ENVIRONMENT)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=chosen.folder))
    try:
        with _mlflow(chosen.mlflow, folder) as mlflow:
            rows = _measure(_stores(chosen, folder), mlflow, chosen.rounds)
    finally:
        shutil.rmtree(folder)
    print_table("Pages", _HEADERS, rows)
    write_tables(chosen.json, {"Pages": rows})


def _stores(chosen: argparse.Namespace, folder: Path) -> dict[int, Path]:
    """Return the stores by their sizes: those that are kept, or new ones."""
    if chosen.stores is None:
        return dict(build_stores(folder, chosen.sizes))
    kept = {size: chosen.stores / f"store-{size}" for size in chosen.sizes}
    if not all(store.exists() for store in kept.values()):
        chosen.stores.mkdir(parents=True, exist_ok=True)
        kept = dict(build_stores(chosen.stores, chosen.sizes))
    return kept


@contextmanager
def _mlflow(python: Path | None, folder: Path) -> Iterator[Callable[[], Spent] | None]:
    """Serve MLflow's page of as many versions as the goal compares with; yield what asks for it."""
    if python is None:
        yield None
        return
    with mlflow_serving(python.absolute(), folder, _GOAL_FROM) as (host, experiment, process):
        yield partial(ask_mlflow, host, experiment, process)


def _measure(stores: dict[int, Path], mlflow: Callable[[], Spent] | None, rounds: int) -> list[Row]:
    data_type, model_name = names(0)
    function = quote(f"{data_type}/{model_name}", safe="")
    pages = {
        _FIRST: "/",
        "the list by score, searched": "/functions?q=net&sort=score",
        "one function": f"/function?name={function}",
        "one version": f"/version?name={function}@1",
        "two versions compared": f"/compare?old={function}@1&new={function}@2",
        "a name that is nobody's": "/version?name=nobody",
        "studies": "/studies",
        "retention, keep-last 3": "/retention",
    }
    for store in stores.values():
        (store / "trainstore.toml").write_text("[retention]\nkeep-last = 3\n")
    with _servers(stores) as servers:
        methods = {
            (what, size): _asking(*server, address, _TIMES.get(address, _REQUESTS_A_ROUND))
            for what, address in pages.items()
            for size, server in servers.items()
        }
        methods |= {
            (_AFTER_COMMIT, size): _after_commit(stores[size], *server) for size, server in servers.items()
        }
        if mlflow is not None:
            methods[_MLFLOW, _GOAL_FROM] = mlflow
        for method in methods.values():
            method()  # the first request makes the index, and the first page loads the templates
        timings = take_turns(methods, rounds)
    least = _GOAL_FROM if _GOAL_FROM in stores else min(stores)
    rows = [_row(what, size, timing, timings[what, least]) for (what, size), timing in timings.items()]
    if mlflow is not None:
        rows.append(_beside_mlflow(timings[_FIRST, least], timings[_MLFLOW, _GOAL_FROM]))
    return rows


@contextmanager
def _servers(stores: dict[int, Path]) -> Iterator[dict[int, tuple[str, psutil.Process]]]:
    """Serve each store by a process of its own; yield where each is, with the process."""
    command = [sys.executable, "-m", "trainstore", "ui", "--port", "0", "--no-browser", "--json"]
    started = {
        size: subprocess.Popen(command, cwd=store, stdout=subprocess.PIPE, text=True)
        for size, store in stores.items()
    }
    try:
        yield {size: (_host(process), psutil.Process(process.pid)) for size, process in started.items()}
    finally:
        for process in started.values():
            process.send_signal(signal.SIGINT)
            process.wait()


def _host(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    told = json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")
    return urlsplit(told["url"]).netloc


def _asking(host: str, process: psutil.Process, address: str, times: int) -> Callable[[], Spent]:
    def ask() -> Spent:
        before, begun = _processor(process), time.perf_counter()
        for _ in range(times):
            connection = http.client.HTTPConnection(host)
            connection.request("GET", address)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            if answer.status not in (200, 404):
                raise RuntimeError(f"{address} was answered by {answer.status}.")
        return Spent(time.perf_counter() - begun, _processor(process) - before).divided(times)

    return ask


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def _after_commit(store: Path, host: str, process: psutil.Process) -> Callable[[], Spent]:
    """Return what commits a record with plain git, and then asks for the first page, once."""
    ask, numbers = _asking(host, process, "/", 1), count(_FIRST_NEW)

    def commit_and_ask() -> Spent:
        record = make_record(next(numbers))
        name = f"training_function_numpy_array_ByHand_{record['timestamp']}.json"
        path = store / "generated_training_functions" / "numpy_array" / "ByHand" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({**record, "model_name": "ByHand"}))
        git(store, "add", str(path))
        git(store, "commit", "--quiet", "--allow-empty", "--message", "By hand")
        return ask()

    return commit_and_ask


def _beside_mlflow(own: Timing, other: Timing) -> Row:
    ratio = own.wall / other.wall
    return Row(
        "the first page against MLflow's",
        f"{_GOAL_FROM:,}",
        milliseconds(own.wall),
        milliseconds(own.least),
        milliseconds(own.processor),
        f"{ratio:.3f}",
        f"{own.processor / other.processor:.3f}",
        judged(ratio, _GOAL_BESIDE_MLFLOW),
    )


def _row(what: str, size: int, timing: Timing, base: Timing) -> Row:
    ratio = timing.wall / base.wall
    goal = _GOAL if what == _FIRST and size == _GOAL_AT else None
    return Row(
        what,
        f"{size:,}",
        milliseconds(timing.wall),
        milliseconds(timing.least),
        milliseconds(timing.processor),
        f"{ratio:.2f}",
        f"{timing.processor / base.processor:.2f}" if base.processor else "",
        judged(ratio, goal),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench web", description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=_sizes, default=_sizes("1k,10k,100k"), metavar="N,N,…")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="how often each page is timed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), metavar="DIR",
                        help="where to build the stores; 100k need 5 GB")  # fmt: skip
    parser.add_argument("--stores", type=Path, metavar="DIR",
                        help="take the stores that an earlier run left there, or build them there and leave them")  # fmt: skip
    parser.add_argument("--mlflow", type=Path, metavar="PYTHON", help="a Python that has MLflow")
    return parser.parse_args()


def _sizes(text: str) -> Sequence[int]:
    return sorted(
        int(size.removesuffix("k")) * (1000 if size.endswith("k") else 1) for size in text.split(",")
    )


if __name__ == "__main__":
    main()
