"""The questions of `scripts/bench store`, each answered by a table of rows."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ratios import judged
from records import names
from rounds import Spent, Timing, milliseconds, take_turns, timed
from save_methods import (
    by_fast_import,
    by_git,
    by_git_synced,
    by_gitpython,
    by_mlflow,
    by_trainstore,
    run_fast_import,
)
from stores import copy_store, disk_bytes, git, refresh_index
from wild_folder import write_wild_folder

from trainstore.api import Store
from trainstore.store.index.update import open_index

_MOST_FOR_SLOW_PEERS = 10_000  # beyond, they take seconds


@dataclass(frozen=True)
class Row:
    """One method at one size; texts, as the table shows them."""

    what: str
    versions: str
    median: str
    least: str = ""
    processor: str = ""
    ratio: str = ""
    ratio_of_processor: str = ""
    goal: str = ""


def measure_imports(folder: Path, count: int, rounds: int) -> list[Row]:
    """Import one folder in one call, beside `git fast-import` of the very commits that this made."""
    source = folder / "wild"
    files = write_wild_folder(source, 0, count)
    first = folder / "first"
    Store.init(first)
    Store.open(first).import_folder(source)
    stream = git(first, "fast-export", "HEAD")
    shutil.rmtree(first)

    def floor(**environment: str) -> Spent:
        git(folder, "init", "--quiet", "--bare", "floor")
        os.sync()
        spent = timed(lambda: run_fast_import(folder / "floor", stream, **environment))
        shutil.rmtree(folder / "floor")
        return spent

    def trainstore() -> Spent:
        Store.init(folder / "store")
        store = Store.open(folder / "store")
        os.sync()
        spent = timed(lambda: store.import_folder(source))
        shutil.rmtree(folder / "store")
        return spent

    what = {
        "`git fast-import` of the same commits": floor,
        "the same, memory kept between objects": lambda: floor(MALLOC_TOP_PAD_="16777216"),
        f"`Store.import_folder`, {files:,} files": trainstore,
    }
    timings = take_turns(what, rounds)
    base, _, ours = timings
    shutil.rmtree(folder)
    return [
        _row(name, count, timing, timings[base], 1.5 if name == ours and count == 10_000 else None)
        for name, timing in timings.items()
    ]


def measure_saves(folder: Path, stores: Mapping[int, Path], rounds: int) -> list[Row]:
    """Save one record at each size, each method in a store of its own kind; all sizes and methods take turns."""
    methods: dict[tuple[int, str], Callable[[], Spent]] = {}
    copies = {}
    for size, store in stores.items():
        for peer in ("git", "gitpython") if size <= _MOST_FOR_SLOW_PEERS else ("git",):
            copies[size, peer] = folder / f"{peer}-{size}"
            copy_store(store, copies[size, peer])
    for copy in copies.values():  # only now: linking a file changes its times
        refresh_index(copy)
    for size, store in stores.items():
        methods[size, "`git add` + `git commit`"] = by_git(copies[size, "git"], 1)
        methods[size, "`Store.save`"] = by_trainstore(store)
        methods[size, "the same git with `core.fsync=all`"] = by_git_synced(copies[size, "git"], 2)
        if size <= _MOST_FOR_SLOW_PEERS:
            methods[size, "GitPython `index.add` + `commit`"] = by_gitpython(copies[size, "gitpython"], 3)
        methods[size, "`git fast-import` of 50, one of them"] = by_fast_import(copies[size, "git"], 4)
    if find_spec("mlflow"):
        methods[min(stores), "MLflow: a run with its parameters and the record, SQLite"] = by_mlflow(folder)
    take_turns(methods, 2)  # the first writes caches that the next ones find
    timings = take_turns(methods, rounds)
    for copy in copies.values():
        shutil.rmtree(copy)
    return [*_save_rows(timings), *_growth_rows(timings)]


def _save_rows(timings: Mapping[tuple[int, str], Timing]) -> list[Row]:
    rows = []
    for (size, name), timing in timings.items():
        goal = 1.0 if name == "`Store.save`" and size >= 1000 else None
        rows.append(_row(name, size, timing, timings[size, "`git add` + `git commit`"], goal))
    return rows


def _growth_rows(timings: Mapping[tuple[int, str], Timing]) -> list[Row]:
    sizes = sorted({size for size, _ in timings})
    rows = []
    for name in ("`Store.save`", "`git add` + `git commit`"):
        first = timings[sizes[0], name]
        for size in sizes[1:]:
            goal = 3.0 if (name, sizes[0], size) == ("`Store.save`", 100, 50_000) else None
            rows.append(_row(f"{name} against {sizes[0]:,} versions", size, timings[size, name], first, goal))
    return rows


def measure_reading(stores: Mapping[int, Path], rounds: int) -> list[Row]:
    """Time whole reading processes at each size beside Python's own start."""
    # As installed: modules compiled once, and kept.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def process(*command: str, folder: Path = Path()) -> Callable[[], Spent]:
        def run() -> object:
            return subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)

        return lambda: timed(run)

    program = str(Path(sys.executable).with_name("trainstore"))
    floor, history, page, log = (
        '`python -c "import click, sqlite3"`', "`trainstore history NAME`",
        "`trainstore list --limit 25`", "`git log -- FOLDER`",
    )  # fmt: skip
    methods: dict[tuple[int, str], Callable[[], Spent]] = {
        (0, floor): process(sys.executable, "-c", "import click, sqlite3")
    }
    data_type, name = names(0)
    for size, store in stores.items():
        methods[size, history] = process(program, "history", name, folder=store)
        methods[size, page] = process(program, "list", "--limit", "25", folder=store)
        if size <= _MOST_FOR_SLOW_PEERS:
            path = f"generated_training_functions/{data_type}/{name}"
            methods[size, log] = process("git", "log", "--", path, folder=store)
    take_turns(methods, 1)
    timings = take_turns(methods, rounds)
    small = min((size for size in stores if size >= min(1000, max(stores))), default=0)
    rows = []
    for (size, what), timing in timings.items():
        goals = (1.5, 1.2) if size == 100_000 else (None, None)
        ours = what in (history, page)
        rows.append(_row(what, size, timing, timings[0, floor], goals[0] if ours else None))
        if ours and size == max(stores):
            smaller = f"{what} against {small:,} versions"
            rows.append(_row(smaller, size, timing, timings[small, what], goals[1]))
    return rows


def measure_index(stores: Mapping[int, Path], rounds: int) -> list[Row]:
    """Make the index from nothing at each size, beside git's log of the same."""
    methods: dict[tuple[int, str], Callable[[], Spent]] = {}
    for size, folder in stores.items():
        methods[size, "`git log --format=%H%ct%B`"] = _log(folder)
        methods[size, "the index from nothing"] = _index(folder)
    timings = take_turns(methods, rounds)
    rows = []
    for (size, what), timing in timings.items():
        judged = what == "the index from nothing" and size == 100_000
        floor = timings[size, "`git log --format=%H%ct%B`"]
        rows.append(_row(what, size, timing, floor, 3.0 if judged else None))
    return rows


def _log(folder: Path) -> Callable[[], Spent]:
    return lambda: timed(lambda: git(folder, "log", "--format=%H%ct%B"))


def _index(folder: Path) -> Callable[[], Spent]:
    def make() -> Spent:
        repository = Store.open(folder).repository
        for file in repository.state.glob("index.db*"):
            file.unlink()
        return timed(lambda: open_index(repository).close())

    return make


def measure_disk(folder: Path, saves: int) -> list[Row]:
    """Tell what saves leave on the disk, before and after git's own cleaning; the unit is KB, not ms."""
    objects = folder / ".git" / "objects"
    git(folder, "gc", "--quiet", "--prune=now")
    packed = disk_bytes(objects)
    save = by_trainstore(folder)
    for _ in range(saves):
        save()
    loose = disk_bytes(objects)
    count = git(folder, "count-objects").decode().split(" ")[0]
    packs = len(list((objects / "pack").glob("*.pack")))
    seconds = timed(lambda: git(folder, "gc", "--quiet", "--prune=now")).wall
    after = disk_bytes(objects)
    each = 1 / 1024 / saves
    return [
        Row(f"KB a save, {saves} saves: {count} loose objects, {packs} packs", "", f"{(loose - packed) * each:.1f}"),
        Row(f"KB a save after `git gc`, which took {seconds:.1f} s", "", f"{(after - packed) * each:.1f}"),
    ]  # fmt: skip


def _row(what: str, size: int, timing: Timing, base: Timing, goal: float | None = None) -> Row:
    ratio = timing.wall / base.wall
    return Row(
        what,
        f"{size:,}" if size else "",
        milliseconds(timing.wall),
        milliseconds(timing.least),
        milliseconds(timing.processor),
        f"{ratio:.2f}",
        f"{timing.processor / base.processor:.2f}",
        judged(ratio, goal),
    )
