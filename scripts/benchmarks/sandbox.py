"""What the sandbox costs: a small training at each level beside a bare Python, and 1 GiB of data read through it.

scripts/bench sandbox [--rounds 7] [--gib 1] [--json FILE]

Launch to result, without scoring and commit. The methods take turns, so that only ratios are judged.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from ratios import HEADERS, Row, rows_of
from rounds import Spent, take_turns, timed
from tables import print_table, write_tables

from trainstore.execution.arrays import save_part
from trainstore.execution.request import TrainingRequest
from trainstore.execution.run_training import run_training
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.records.datasets import Part

_LEVELS = {
    "weak": SandboxDemand("weak", "weak"),
    "partial": SandboxDemand("weak", "partial"),
    "strong, by bubblewrap": SandboxDemand("weak", "strong", "bubblewrap"),
    "strong, by unshare": SandboxDemand("weak", "strong", "unshare"),
}

_SMALL = """\
import torch
from torch import nn

def train_model(X_train, y_train, X_val, y_val, device, epochs=20):
    model = nn.Sequential(nn.Linear(X_train.shape[1], 64), nn.ReLU(), nn.Linear(64, 10)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(X_train)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(X_train[rows]), y_train[rows]).backward()
            optimizer.step()
    return model, {"val_acc": (model(X_val).argmax(1) == y_val).float().mean().item()}
"""
_BARE = """\
import sys
from pathlib import Path
import numpy as np, torch
sys.path.insert(0, sys.argv[1])
import function
torch.set_num_threads(1)
data = [torch.from_numpy(np.load(Path(sys.argv[1]) / f"{part}_{name}.npy", mmap_mode="c"))
        for part in ("train", "val") for name in "Xy"]
model, metrics = function.train_model(*data, torch.device("cpu"))
torch.save(model.state_dict(), Path(sys.argv[1]) / "model.pt")
print(metrics)
"""
_READING = """\
import torch

def train_model(X_train, y_train, X_val, y_val, device):
    begun = time.perf_counter()
    total = X_train.sum().item()
    return torch.nn.Linear(1, 1), {"seconds": time.perf_counter() - begun, "total": total}
"""


def main() -> None:
    """Measure both questions and print a table for each."""
    chosen = _arguments()
    tables = {
        "A small training, launch to result": _trainings(chosen.rounds),
        f"{chosen.gib:g} GiB read once": _readings(max(3, chosen.rounds // 2), chosen.gib),
    }
    for title, rows in tables.items():
        print_table(title, HEADERS, rows)
    write_tables(chosen.json, tables)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench sandbox", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="how often each method is timed")
    parser.add_argument("--gib", type=float, default=1.0, metavar="N", help="how much data is read")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    return parser.parse_args()


def _trainings(rounds: int) -> list[Row]:
    random = np.random.default_rng(0)
    parts = {
        name: Part(random.normal(size=(count, 64)).astype(np.float32), random.integers(0, 10, count))
        for name, count in (("train", 3000), ("val", 500))
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, part in parts.items():
            save_part(Path(folder), name, part)  # type: ignore[arg-type]
        (Path(folder) / "function.py").write_text(_SMALL)
        command = [sys.executable, "-c", _BARE, folder]

        def bare() -> None:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

        def at(demand: SandboxDemand) -> Callable[[], None]:
            request = TrainingRequest(_SMALL, parts, device="cpu", sandbox=demand)  # type: ignore[arg-type]
            return lambda: _train(request)

        methods = {"a bare Python": bare, **{name: at(demand) for name, demand in _LEVELS.items()}}
        timings = take_turns({name: _timing(method) for name, method in methods.items()}, rounds)
    goals = {name: 1.25 for name in _LEVELS if name.startswith("strong")}
    return rows_of(timings, "a bare Python", goals)


def _readings(rounds: int, gib: float) -> list[Row]:
    rows = int(gib * (1 << 30)) // 4 // 1024
    X = np.random.default_rng(0).random((rows, 1024), dtype=np.float32)
    parts = {"train": Part(X, np.zeros(rows, np.int64)), "val": Part(X[:1], np.zeros(1, np.int64))}
    request = TrainingRequest(_READING, parts, device="cpu")  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "X.npy"
        np.save(file, X)

        def in_parent() -> Spent:
            return timed(lambda: torch.from_numpy(np.load(file, mmap_mode="c")).sum().item())

        def in_worker() -> Spent:
            seconds = float(_train(request)["seconds"])
            return Spent(seconds, seconds)

        def handed_over() -> Spent:
            return timed(lambda: np.save(file.with_name("copy.npy"), X))

        methods = {
            "read where it is mapped, in the parent": in_parent,
            "read in the worker": in_worker,
            "written for the worker": handed_over,
        }
        timings = take_turns(methods, rounds)
    return rows_of(timings, "read where it is mapped, in the parent", {"read in the worker": 1.1})


def _train(request: TrainingRequest) -> dict[str, float]:
    with run_training(request, lambda _: None) as result:
        if result.outcome != "succeeded":
            raise SystemExit(f"it {result.outcome}: {result.reason}")
        return {name: float(value) for name, value in result.metrics.items()}


def _timing(method: Callable[[], None]) -> Callable[[], Spent]:
    return lambda: timed(method)


if __name__ == "__main__":
    main()
