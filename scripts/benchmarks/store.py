"""How the store scales: imports, saves, reading and the index at several sizes, beside git and other peers.

scripts/bench store [--sizes 100,1k,10k,50k,100k] [--rounds 9] [--json FILE] [--folder DIR] [--keep]

Times drift with what else the machine does, so the methods of one table take turns and only ratios are judged.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from store_tables import (
    Row,
    measure_disk,
    measure_imports,
    measure_index,
    measure_reading,
    measure_saves,
)
from stores import ENVIRONMENT, build_stores
from tables import print_table, write_tables

_HEADERS = ("what", "versions", "ms", "least ms", "CPU ms", "ratio", "CPU ratio", "goal")


def main() -> None:
    """Build the stores, measure, print a table a question."""
    chosen = _arguments()
    os.environ.update(ENVIRONMENT)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=chosen.folder))
    try:
        print(_machine(), flush=True)
        tables = _measure(folder, chosen.sizes, chosen.rounds)
    finally:
        if not chosen.keep:
            shutil.rmtree(folder)
    write_tables(chosen.json, tables, machine=_machine())


def _measure(folder: Path, sizes: Sequence[int], rounds: int) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {}

    def told(title: str, rows: list[Row]) -> None:
        tables[title] = rows
        print_table(title, _HEADERS, rows)

    stores = dict(build_stores(folder, sizes))
    told("One save", measure_saves(folder, stores, rounds))
    told("Reading, whole processes", measure_reading(stores, rounds))
    told("The index from nothing", measure_index(stores, min(rounds, 3)))
    told("Importing a folder", measure_imports(folder / "imports", min(max(sizes), 10_000), min(rounds, 3)))
    size = min(size for size in sizes if size >= min(1000, max(sizes)))
    told("The disk", measure_disk(stores[size], saves=min(300, size)))
    return tables


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench store", description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=_sizes, default=_sizes("100,1k,10k,50k,100k"), metavar="N,N,…")
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="how often each method is timed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), metavar="DIR",
                        help="where to build the stores; 100k need 5 GB")  # fmt: skip
    parser.add_argument("--keep", action="store_true", help="leave the stores there")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    return sorted(
        int(size.removesuffix("k")) * (1000 if size.endswith("k") else 1) for size in text.split(",")
    )


def _machine() -> str:
    git_version = subprocess.run(
        ["git", "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python {python}, {git_version}"


if __name__ == "__main__":
    main()
