"""How long pages of `trainstore ui` take in stores of several sizes.

scripts/bench web [--sizes 1k,10k,100k] [--rounds 15] [--json FILE] [--folder DIR]

One server a store, all at once; the sizes take turns. The processor's time is that of the server.
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
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil
from records import names
from rounds import Spent, Timing, milliseconds, take_turns
from store_tables import Row
from stores import ENVIRONMENT, build_stores
from tables import print_table, write_tables

_HEADERS = ("what", "versions", "ms", "least ms", "CPU ms", "ratio", "CPU ratio", "goal")
_REQUESTS_A_ROUND = 5
_GOAL_FROM, _GOAL_AT, _GOAL = 1000, 100_000, 1.2


def main() -> None:
    """Build the stores, serve them, measure, print a table."""
    chosen = _arguments()
    os.environ.update(ENVIRONMENT)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=chosen.folder))
    try:
        rows = _measure(dict(build_stores(folder, chosen.sizes)), chosen.rounds)
    finally:
        shutil.rmtree(folder)
    print_table("Pages", _HEADERS, rows)
    write_tables(chosen.json, {"Pages": rows})


def _measure(stores: dict[int, Path], rounds: int) -> list[Row]:
    data_type, model_name = names(0)
    function = quote(f"{data_type}/{model_name}", safe="")
    pages = {
        "the first page": "/",
        "the list by score, searched": "/functions?q=net&sort=score",
        "one function": f"/function?name={function}",
        "one version": f"/version?name={function}@1",
    }
    with _servers(stores) as servers:
        methods = {
            (what, size): _asking(*server, address)
            for what, address in pages.items()
            for size, server in servers.items()
        }
        for method in methods.values():
            method()  # the first request makes the index, and the first page loads the templates
        timings = take_turns(methods, rounds)
    least = _GOAL_FROM if _GOAL_FROM in stores else min(stores)
    return [_row(what, size, timing, timings[what, least]) for (what, size), timing in timings.items()]


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


def _asking(host: str, process: psutil.Process, address: str) -> Callable[[], Spent]:
    def ask() -> Spent:
        before, begun = process.cpu_times(), time.perf_counter()
        for _ in range(_REQUESTS_A_ROUND):
            connection = http.client.HTTPConnection(host)
            connection.request("GET", address)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            if answer.status != 200:
                raise RuntimeError(f"{address} was answered by {answer.status}.")
        wall, after = time.perf_counter() - begun, process.cpu_times()
        return Spent(wall, after.user + after.system - before.user - before.system).divided(_REQUESTS_A_ROUND)

    return ask


def _row(what: str, size: int, timing: Timing, base: Timing) -> Row:
    ratio = timing.wall / base.wall
    judged = what == "the first page" and size == _GOAL_AT
    return Row(
        what,
        f"{size:,}",
        milliseconds(timing.wall),
        milliseconds(timing.least),
        milliseconds(timing.processor),
        f"{ratio:.2f}",
        f"{timing.processor / base.processor:.2f}" if base.processor else "",
        f"≤ {_GOAL}: {'holds' if ratio <= _GOAL else 'missed'}" if judged else "",
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench web", description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=_sizes, default=_sizes("1k,10k,100k"), metavar="N,N,…")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="how often each page is timed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), metavar="DIR",
                        help="where to build the stores; 100k need 5 GB")  # fmt: skip
    return parser.parse_args()


def _sizes(text: str) -> Sequence[int]:
    return sorted(
        int(size.removesuffix("k")) * (1000 if size.endswith("k") else 1) for size in text.split(",")
    )


if __name__ == "__main__":
    main()
