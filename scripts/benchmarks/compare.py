"""What a comparison costs: `trainstore diff` of two functions of 15 KB, whole processes, beside git and Python's parser.

scripts/bench compare [--rounds 15] [--json FILE]

The floor is `git diff --no-index` of the two codes and `python -c "import click, ast"`: lines compared, a program
started, and nothing understood. The methods take turns, so that only ratios are judged.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from ratios import HEADERS, Row, row_of
from records import make_record
from rounds import Spent, Timing, take_turns, timed
from stores import ENVIRONMENT
from tables import print_table, write_tables

from trainstore.api import Store

_FLOOR = '`git diff --no-index` and `python -c "import click, ast"`'
_OURS = "`trainstore diff OLD NEW`"
_GOAL = 2.0
_HOSTILE = {
    "one line of 5 MB": ("x" * 5_000_000, "y" * 5_000_000),
    "10 MB, every line another": ("x = 1\n" * 1_700_000, "x = 2\n" * 1_700_000),
    "200,000 lines, each of two": ("a\nb\n" * 100_000, "b\na\na\n" * 66_000),
    "100,000 open brackets": ("(" * 100_000, "[" * 100_000),
}


def main() -> None:
    """Measure both questions and print a table for each."""
    chosen = _arguments()
    os.environ.update(ENVIRONMENT)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        tables = {
            "Two functions of 15 KB": _usual(Path(folder), chosen.rounds),
            "Hostile code, once each": _hostile(Path(folder)),
        }
    for title, rows in tables.items():
        print_table(title, HEADERS, rows)
    write_tables(chosen.json, tables)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench compare", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="how often each method is timed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    return parser.parse_args()


def _usual(folder: Path, rounds: int) -> list[Row]:
    store = folder / "store"
    Store.init(store)
    for number in range(2):
        record = make_record(number)
        (folder / f"{number}.py").write_text(str(record["training_code"]))
        Store.open(store).save(record)
    name = str(record["model_name"])
    git = ("git", "diff", "--no-index", "0.py", "1.py")
    python = (sys.executable, "-c", "import click, ast")
    ours = (sys.executable, "-m", "trainstore", "--store", str(store))
    methods = {
        _FLOOR: _processes(folder, git, python),
        _OURS: _processes(folder, (*ours, "diff", name)),
        f"{_OURS} --why": _processes(folder, (*ours, "diff", name, "--why")),
        "`trainstore history NAME --graph`": _processes(folder, (*ours, "history", name, "--graph")),
    }
    timings = take_turns(methods, rounds)
    return [
        row_of(what, timing, timings[_FLOOR], _GOAL if what == _OURS else None)
        for what, timing in timings.items()
    ]


def _hostile(folder: Path) -> list[Row]:
    rows: list[Row] = []
    first: Timing | None = None
    for number, (what, codes) in enumerate(_HOSTILE.items()):
        store = folder / f"hostile-{number}"
        Store.init(store)
        names = []
        for side, code in zip(("Old", "New"), codes, strict=True):
            _save_unread(store, side, code)
            names.append(side)
        command = (sys.executable, "-m", "trainstore", "--store", str(store), "diff", *names)
        timing = Timing((_processes(folder, command)(),))
        first = first or timing
        rows.append(row_of(what, timing, first))
    return rows


def _save_unread(store: Path, name: str, code: str) -> None:
    """Import a record whose code is none, as a folder from the wild may hold."""

    source = store.with_name(f"{store.name}-{name}")
    source.mkdir()
    (source / f"training_function_numpy_array_{name}_1704067200.json").write_text(
        json.dumps({"model_name": name, "training_code": code, "timestamp": 1704067200})
    )
    Store.open(store).import_folder(source)


def _processes(folder: Path, *commands: tuple[str, ...]) -> Callable[[], Spent]:
    def run() -> None:
        for command in commands:
            subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=command[0] != "git")

    return lambda: timed(run)


if __name__ == "__main__":
    main()
