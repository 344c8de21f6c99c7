"""The samplers beside a plain loop over `skopt.Optimizer`: how long the next point takes, and what is found."""

import contextlib
import io
import math
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from random import Random
from statistics import mean, stdev
from typing import Any

import skopt
import torch
from ratios import judged
from rounds import Spent, Timing, milliseconds, take_turns, timed
from threadpoolctl import threadpool_limits

from trainstore.generation.starters.mlp import train_model
from trainstore.profiling.load_dataset import load_dataset
from trainstore.profiling.split_dataset import split_dataset
from trainstore.records.search_space import Categorical, Dimension, Integer, Real
from trainstore.search.make_sampler import SurrogateName, make_sampler
from trainstore.search.point_space import Point, PointSpace

SPEED_HEADERS = ("the next point after 100 trials", "ms", "least ms", "CPU ms", "ratio", "goal")
QUALITY_HEADERS = ("data set", "surrogate", "trainstore", "plain `skopt`", "difference", "no worse")

SPACE: dict[str, Dimension] = {
    "lr": Real(0.001, 1e-5, 0.1, "log-uniform"),
    "hidden_size": Integer(128, 32, 512),
    "layers": Integer(2, 1, 4),
    "dropout": Real(0.3, 0.0, 0.5),
    "weight_decay": Real(0.01, 1e-5, 0.1, "log-uniform"),
    "batch_size": Categorical(32, [32, 64, 128, 256]),
}
_EPOCHS = 5
_DATA = ("sklearn:digits", "sklearn:breast_cancer", "sklearn:diabetes")
_INITIAL = 10
_ESTIMATORS: Mapping[SurrogateName, str] = {"rf": "RF", "et": "ET", "gp": "GP"}
_WORST = 10.0  # what a person would tell skopt of a training that failed


@dataclass(frozen=True)
class SpeedRow:
    """One line of the table of speed; ratios are to plain skopt with its threads capped."""

    what: str
    wall: str
    least: str
    processor: str
    ratio: str
    goal: str = ""


@dataclass(frozen=True)
class QualityRow:
    """One line of the table of quality: means over the seeds of the lowest validation loss."""

    data: str
    surrogate: str
    ours: str
    plain: str
    difference: str
    verdict: str


def speed_rows(rounds: int) -> list[SpeedRow]:
    """Time telling the 100th value and asking for the next point, for each surrogate."""
    rows = []
    for name, estimator in _ESTIMATORS.items():
        plain = f"`skopt.Optimizer`, {estimator}"
        methods: dict[str, Callable[[], Spent]] = {
            plain: _plain_turn(estimator, 1),
            f"trainstore, {name}": _our_turn(name),
            f"{plain}, threads not capped": _plain_turn(estimator, os.cpu_count() or 1),
        }
        timings = take_turns(methods, rounds)
        rows += [_speed_row(what, timing, timings[plain]) for what, timing in timings.items()]
    return rows


def _speed_row(what: str, timing: Timing, floor: Timing) -> SpeedRow:
    ratio = timing.wall / floor.wall
    goal = judged(ratio, 1.1 if what.startswith("trainstore") else None)
    times = map(milliseconds, (timing.wall, timing.least, timing.processor))
    return SpeedRow(what, *times, f"{ratio:.2f}", goal)


def _history() -> tuple[list[Point], list[float]]:
    """Return 100 points, and values as a search meets them: some hyperparameters matter, and there is noise."""
    random = Random(0)
    points = [PointSpace(SPACE).draw(random) for _ in range(100)]
    values = [(math.log10(p["lr"]) + 3) ** 2 + p["dropout"] + random.gauss(0, 0.1) for p in points]
    return points, values


def _our_turn(name: SurrogateName) -> Callable[[], Spent]:
    seeds = iter(range(1000))
    points, values = _history()

    def turn() -> Spent:
        sampler = make_sampler(name, SPACE, seed=next(seeds))
        for point, value in zip(points[:-1], values, strict=False):
            sampler.tell(point, value)
        return timed(lambda: (sampler.tell(points[-1], values[-1]), sampler.ask()))

    return turn


def _plain_turn(estimator: str, threads: int) -> Callable[[], Spent]:
    seeds = iter(range(1000))
    points, values = _history()
    rows = [list(point.values()) for point in points]

    def turn() -> Spent:
        with threadpool_limits(threads):
            optimizer = _optimizer(estimator, next(seeds))
            optimizer.tell(rows[:-1], values[:-1])
            return timed(lambda: (optimizer.tell(rows[-1], values[-1]), optimizer.ask()))

    return turn


def quality_rows(seeds: int, trials: int, surrogates: tuple[SurrogateName, ...]) -> list[QualityRow]:
    """Tune the MLP that trainstore brings, on real data, with the same budget; both loops try its default first."""
    jobs = list(product(_DATA, surrogates, (True, False), range(seeds), (trials,)))
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        found = dict(zip(jobs, pool.map(_search, jobs), strict=True))
    rows = []
    for data, name in product(_DATA, surrogates):
        ours, plain = (
            [found[data, name, own, seed, trials] for seed in range(seeds)] for own in (True, False)
        )
        rows.append(_quality_row(data, name, ours, plain))
    return rows


def _quality_row(data: str, name: str, ours: list[float], plain: list[float]) -> QualityRow:
    differences = [own - other for own, other in zip(ours, plain, strict=True)]
    error = stdev(differences) / math.sqrt(len(differences))
    difference = mean(differences)
    verdict = "holds" if difference <= 0 else "within its error" if difference <= error else "missed"
    return QualityRow(
        f"`{data}`",
        name,
        f"{mean(ours):.4f}",
        f"{mean(plain):.4f}",
        f"{difference:+.4f} ± {error:.4f}",
        verdict,
    )


def _search(job: tuple[str, SurrogateName, bool, int, int]) -> float:
    """Return the lowest validation loss of a search."""
    data, name, own, seed, trials = job
    torch.set_num_threads(1)
    objective = _objective(data, seed)
    return min(
        _our_loop(name, objective, seed, trials) if own else _plain_loop(name, objective, seed, trials)
    )


def _our_loop(
    name: SurrogateName, objective: Callable[[Mapping[str, Any]], float], seed: int, trials: int
) -> list[float]:
    sampler = make_sampler(name, SPACE, seed=seed, initial=_INITIAL)
    values = []
    for _ in range(trials):
        point = sampler.ask()
        assert point is not None, "the space has a range of floats"
        values.append(objective(point))
        sampler.tell(point, values[-1])
    return values


def _plain_loop(
    name: SurrogateName, objective: Callable[[Mapping[str, Any]], float], seed: int, trials: int
) -> list[float]:
    optimizer = _optimizer(_ESTIMATORS[name], seed)
    point = [dimension.default for dimension in SPACE.values()]
    values = []
    for _ in range(trials):
        values.append(objective(dict(zip(SPACE, point, strict=True))))
        optimizer.tell(point, values[-1])
        point = optimizer.ask()
    return values


def _optimizer(estimator: str, seed: int) -> skopt.Optimizer:
    dimensions = [
        skopt.space.Categorical(each.categories)
        if isinstance(each, Categorical)
        else getattr(skopt.space, type(each).__name__)(each.low, each.high, prior=each.prior)
        for each in SPACE.values()
    ]
    return skopt.Optimizer(dimensions, estimator, n_initial_points=_INITIAL, random_state=seed)


def _objective(source: str, seed: int) -> Callable[[Mapping[str, Any]], float]:
    parts = split_dataset(load_dataset(source), 0).parts
    tensors = [torch.from_numpy(each) for part in ("train", "val") for each in (parts[part].X, parts[part].y)]

    def objective(point: Mapping[str, Any]) -> float:
        torch.manual_seed(seed)
        plain = {name: value if isinstance(value, float) else int(value) for name, value in point.items()}
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                _, metrics = train_model(*tensors, torch.device("cpu"), **plain, epochs=_EPOCHS)
            except ValueError:
                return _WORST
        return float(metrics["val_loss"])

    return objective
