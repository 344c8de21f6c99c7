"""What a trial costs beside its training, forked and in new processes, and how many are done by two workers at a time."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from ratios import judged
from rounds import Spent, Timing, milliseconds, take_turns

from trainstore.execution.forks import Forks, forks
from trainstore.execution.request import TrainingRequest
from trainstore.execution.run_training import run_training
from trainstore.records.datasets import Part, Split
from trainstore.workflows.score import score_model

OVERHEAD_HEADERS = ("what", "ms", "least ms", "ratio", "goal")
THROUGHPUT_HEADERS = ("what", "trials a minute", "ratio", "goal")

_SHORT, _REALISTIC = 5, 50  # epochs: a quarter of a second, and two seconds
_TRIALS = 6  # of one round, so that two workers have three each
_OVERHEAD_GOAL, _THROUGHPUT_GOAL = 0.15, 1.6

# It tells what its loop took. Making the optimizer is not counted: a new process imports a second's worth for it.
_CODE = """\
import time
import torch
from torch import nn

def train_model(X_train, y_train, X_val, y_val, device, epochs):
    model = nn.Sequential(nn.Linear(X_train.shape[1], 64), nn.ReLU(), nn.Linear(64, 10)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    begun = time.perf_counter()
    for _ in range(epochs):
        for rows in torch.randperm(len(X_train)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(X_train[rows]), y_train[rows]).backward()
            optimizer.step()
    return model, {"seconds": time.perf_counter() - begun}
"""


@dataclass(frozen=True)
class Overhead:
    """One line: what a trial takes without the function's own training."""

    what: str
    wall: str
    least: str
    ratio: str = ""
    goal: str = ""


@dataclass(frozen=True)
class Throughput:
    """One line: how many trials are done in a minute."""

    what: str
    trials: str
    ratio: str = ""
    goal: str = ""


def overhead_rows(rounds: int) -> list[Overhead]:
    """A trial in new processes and a forked one, each from its beginning to its validation score, less its training.

    The server's start is a line of its own: a study pays for it once.
    """
    split = _data()
    with ExitStack() as opened:
        server = opened.enter_context(forks())
        _trial(split, server, _SHORT)

        def beside_training(source: Forks | None) -> Callable[[], Spent]:
            return lambda: _beside_training(split, source)

        timings = take_turns(
            {
                "in new processes": beside_training(None),
                "forked": beside_training(server),
                "the first forked one, with the server's start": lambda: _first(split),
            },
            rounds,
        )
    whole = timings["in new processes"].wall
    return [
        Overhead(what, *map(milliseconds, (timing.wall, timing.least)), *_judged(what, timing, whole))
        for what, timing in timings.items()
    ]


def throughput_rows(rounds: int) -> list[Throughput]:
    """Trials of two seconds, one after the other and two at a time, on one thread each."""
    split = _data()
    with forks() as server:
        _trial(split, server, _SHORT)

        def with_workers(count: int) -> Callable[[], Spent]:
            return lambda: _together(split, server, count)

        timings = take_turns({count: with_workers(count) for count in (1, 2)}, rounds)
    ratio = timings[1].wall / timings[2].wall
    verdict = "holds" if ratio >= _THROUGHPUT_GOAL else "missed"
    return [
        Throughput("one worker", _a_minute(timings[1]), "1.00"),
        Throughput("two workers", _a_minute(timings[2]), f"{ratio:.2f}", f"≥ {_THROUGHPUT_GOAL}: {verdict}"),
    ]


def _judged(what: str, timing: Timing, whole: float) -> tuple[str, str]:
    ratio = timing.wall / whole
    if what != "forked":
        return f"{ratio:.2f}", ""
    return f"{ratio:.2f}", judged(ratio, _OVERHEAD_GOAL)


def _a_minute(timing: Timing) -> str:
    return f"{60 * _TRIALS / timing.wall:.1f}"


def _data() -> Split:
    random = np.random.default_rng(0)
    return Split(
        {
            name: Part(random.normal(size=(count, 64)).astype(np.float32), random.integers(0, 10, count))
            for name, count in (("train", 3000), ("val", 500))
        }
    )


def _first(split: Split) -> Spent:
    with forks() as server:
        return _beside_training(split, server)


def _beside_training(split: Split, source: Forks | None) -> Spent:
    begun = time.perf_counter()
    training = _trial(split, source, _SHORT)
    return Spent(time.perf_counter() - begun - training, 0.0)


def _together(split: Split, server: Forks, workers: int) -> Spent:
    begun = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda _: _trial(split, server, _REALISTIC), range(_TRIALS)))
    return Spent(time.perf_counter() - begun, 0.0)


def _trial(split: Split, source: Forks | None, epochs: int) -> float:
    """Train and score as a study does; return the seconds that the function's training took."""
    request = TrainingRequest(
        _CODE, split.parts, hyperparameters={"epochs": epochs}, device="cpu", forks=source
    )
    with run_training(request, lambda _: None) as result:
        scores = score_model(result, split, "classification", 10, request.sandbox)
        if scores.metrics is None:
            raise SystemExit(f"it {result.outcome}: {result.reason or scores.reason}")
        return float(result.metrics["seconds"])
