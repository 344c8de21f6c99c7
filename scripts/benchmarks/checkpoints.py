"""What a checkpoint costs: beside one pass of read, md5, write and fsync of the same bytes, and beside `dvc add`.

scripts/bench checkpoints [--mib 1024] [--rounds 5] [--items 200] [--pointers 10,1000,5000] [--json FILE] [--folder DIR]

The methods take turns and each gets bytes that nobody had before, so that only ratios are judged.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from itertools import count
from pathlib import Path

from peak_memory import peak_memory
from ratios import HEADERS, Row, judged, row_of, rows_of
from rounds import Spent, Timing, take_turns, timed
from tables import print_table, write_tables

from trainstore.disk_format.dvc_files import DVC_CONFIG, DVC_GITIGNORE, DVCIGNORE
from trainstore.store.checkpoints.tracked import add_checkpoint

_PASS = "one pass: read, md5, write, fsync"
_OURS = "trainstore"
_ITEM_BYTES = 250_000
_CHUNK = 1 << 20


def main() -> None:
    """Measure the three questions and print a table for each."""
    chosen = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=chosen.folder))
    for name in (
        "HOME",
        "XDG_CONFIG_HOME",
        "DVC_GLOBAL_CONFIG_DIR",
        "DVC_SYSTEM_CONFIG_DIR",
        "DVC_SITE_CACHE_DIR",
    ):
        os.environ[name] = str(folder / "home")
    os.environ["DVC_NO_ANALYTICS"] = "1"
    try:
        tables = {
            f"One checkpoint of {chosen.mib:,} MiB": _large(folder, chosen.mib, chosen.rounds),
            f"{chosen.items} checkpoints of 250 KB, each": _small(folder, chosen.items, chosen.pointers, chosen.rounds),
            "Peak memory (MB, not ms)": _memory(folder, chosen.mib),
        }  # fmt: skip
    finally:
        shutil.rmtree(folder)
    for title, rows in tables.items():
        print_table(title, HEADERS, rows)
    write_tables(chosen.json, tables)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench checkpoints", description=__doc__.partition("\n")[0])
    parser.add_argument("--mib", type=int, default=1024, metavar="N", help="size of the large checkpoint")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each method is timed")
    parser.add_argument("--items", type=int, default=200, metavar="N", help="how many small checkpoints")
    parser.add_argument("--pointers", type=_numbers, default=[10, 1000, 5000], metavar="N,N,…",
                        help="how many are there before the small ones")  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), metavar="DIR",
                        help="where to write; five times the large checkpoint")  # fmt: skip
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return sorted(map(int, text.split(",")))


def _large(folder: Path, mib: int, rounds: int) -> list[Row]:
    store, plain, linking = (_store(folder / name, config) for name, config in (
        ("store", DVC_CONFIG), ("plain", ""), ("linking", DVC_CONFIG)))  # fmt: skip
    block = os.urandom(_CHUNK)
    number = count()

    def fresh(place: Path) -> Path:
        with place.open("wb") as file:
            for index in range(mib):
                file.write(index.to_bytes(8) + next(number).to_bytes(8) + block[16:])
        os.sync()
        return place

    def ours() -> Spent:
        with fresh(folder / "source").open("rb") as source:
            spent = timed(lambda: _add(store, "run", {"weights.safetensors": source}))
        shutil.rmtree(store / ".dvc/cache")
        shutil.rmtree(store / "training_runs")
        return spent

    def one_pass() -> Spent:
        fresh(folder / "source")
        return timed(lambda: _one_pass(folder / "source", folder / "copy"))

    def dvc_add(root: Path) -> Spent:
        fresh(root / "model.bin")
        command = [sys.executable, "-m", "dvc", "add", "--quiet", "model.bin"]
        spent = timed(lambda: subprocess.run(command, cwd=root, check=True))
        shutil.rmtree(root / ".dvc/cache")
        (root / "model.bin").unlink()
        (root / "model.bin.dvc").unlink()
        return spent

    methods: dict[str, Callable[[], Spent]] = {
        _PASS: one_pass,
        _OURS: ours,
        "`dvc add` as it comes": lambda: dvc_add(plain),
        "`dvc add` with `cache.type = reflink,hardlink,copy`": lambda: dvc_add(linking),
    }
    timings = take_turns(methods, rounds)
    at_full_size = mib >= 1024
    rows = rows_of(timings, _PASS, {_OURS: 1.15} if at_full_size else {})
    as_it_comes = "`dvc add` as it comes"
    return [*rows, _against(timings, _OURS, as_it_comes, 0.6 if at_full_size else None)]


def _small(folder: Path, items: int, pointers: Sequence[int], rounds: int) -> list[Row]:
    sources = [folder / f"source-{number}" for number in range(items)]
    names = {there: f"{_OURS}, {there:,} pointers there" for there in pointers}
    methods = {_PASS: partial(_each, sources, _one_pass_and_gone)}
    runs = count()

    def add_to(store: Path, source: Path) -> None:
        with source.open("rb") as file:
            _add(store, str(next(runs)), {"weights.safetensors": file})

    for there, name in names.items():
        store = _store(folder / f"store-{there}", DVC_CONFIG)
        for number in range(there):
            _add(store, f"before-{number}", {"weights.safetensors": BytesIO(b"%d" % number)})
        methods[name] = partial(_each, sources, partial(add_to, store))
    timings = take_turns(methods, rounds)
    at_full_number = items >= 200
    rows = rows_of(timings, _PASS, dict.fromkeys(names.values(), 3.0) if at_full_number else {})
    return [
        *rows,
        _against(timings, names[pointers[-1]], names[pointers[0]], 1.2 if at_full_number else None),
    ]


def _each(sources: Sequence[Path], action: Callable[[Path], None]) -> Spent:
    for source in sources:
        source.write_bytes(os.urandom(_ITEM_BYTES))
    os.sync()
    return timed(lambda: [action(source) for source in sources]).divided(len(sources))


def _memory(folder: Path, mib: int) -> list[Row]:
    peaks = peak_memory(_store(folder / "memory", DVC_CONFIG), (16, mib))
    alone = next(iter(peaks.values()))
    return [
        Row(
            what,
            f"{peak:.1f}",
            ratio=f"+ {peak - alone:.1f}",
            goal=judged(peak - alone, 100 if above else None),
        )
        for above, (what, peak) in enumerate(peaks.items())
    ]


def _store(root: Path, config: str) -> Path:
    (root / ".dvc").mkdir(parents=True)
    (root / ".dvc/config").write_text(f"[core]\n    no_scm = True\n{config}")
    (root / ".dvc/.gitignore").write_text(DVC_GITIGNORE)
    (root / ".dvcignore").write_text(DVCIGNORE)
    return root


def _add(store: Path, run: str, files: dict[str, object]) -> None:
    """Add a checkpoint and write its pointer, which a run commits to git."""
    folder = f"training_runs/numpy_array/Net/{run}/checkpoint"
    pointer = add_checkpoint(store, folder, files).pointer  # type: ignore[arg-type]
    (store / f"{folder}.dvc").write_bytes(pointer)


def _one_pass(source: Path, target: Path) -> None:
    md5 = hashlib.md5(usedforsecurity=False)
    with source.open("rb") as file, target.open("wb") as copy:
        while chunk := file.read(_CHUNK):
            md5.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())


def _one_pass_and_gone(source: Path) -> None:
    copy = source.with_name("copy")
    _one_pass(source, copy)
    copy.unlink()


def _against(timings: dict[str, Timing], one: str, other: str, goal: float | None) -> Row:
    return row_of(f"{one}, against {other}", timings[one], timings[other], goal)


if __name__ == "__main__":
    main()
