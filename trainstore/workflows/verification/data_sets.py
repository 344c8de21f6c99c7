"""Checks of the data sets that HEAD's tree has under names: each pointer can be read, and DVC's cache has its file."""

import shlex
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from trainstore.disk_format.layout import DATASETS, dataset_pointer_path
from trainstore.errors import InvalidRecord
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.absent import Absent
from trainstore.workflows.verification.reading import Committed

if TYPE_CHECKING:
    from trainstore.store.checkpoints.check import CacheChecker, CacheFault


def data_pointers(committed: Committed) -> list[str]:
    """Return the paths of the pointers of data sets in HEAD's tree."""
    return sorted(path for path in committed.files if path == dataset_pointer_path(_name(path)))


def check_data_sets(
    checker: "CacheChecker", committed: Committed, absent: Absent, on_count: Callable[[int, int], None]
) -> tuple[list[Problem], int]:
    """Return what is wrong with the data sets of HEAD's tree, and how many were looked at."""
    from trainstore.disk_format.data_pointers import parse_data_pointer
    from trainstore.store.checkpoints.check import ExpectedFile

    problems: list[Problem] = []
    paths = data_pointers(committed)
    looked_at = 0
    for count, (path, content) in enumerate(committed.contents(paths), start=1):
        on_count(count, len(paths))
        try:
            pointer = parse_data_pointer(content)
        except InvalidRecord as error:
            problems.append(_unread(path, error.message))
            continue
        place = committed.repository.root / DATASETS / pointer["path"]
        faults = checker.check_file(ExpectedFile(place, pointer["md5"], pointer["size"]))
        elsewhere = pointer["md5"] in absent.there
        problems += [_told(path, fault, absent) for fault in faults if not (elsewhere and _is_absent(fault))]
        looked_at += 1
    return problems, looked_at


def _name(path: str) -> str:
    return PurePosixPath(path).name.removesuffix(".dvc")


def _unread(path: str, reason: str) -> Problem:
    hint = f"git log -- {shlex.quote(path)} shows what it was; others than trainstore's are checked with: dvc status"
    return Problem("data pointer", f"{path} is no pointer of one data file. {reason}", hint, "warning")


def _is_absent(fault: "CacheFault") -> bool:
    return fault.fault == "missing" and fault.copy is None


def _told(path: str, fault: "CacheFault", absent: Absent) -> Problem:
    pointer, name = shlex.quote(path), _name(path)
    of_data = f"of the data set {name}"
    again = f"trainstore data add {name} FILE, with the same file"
    fetch = f"dvc fetch {pointer}, or where no DVC remote has it: {again}"
    match fault.fault:
        case "missing" if fault.copy is not None:
            what = f"DVC's cache lacks {fault.file} {of_data}; the work tree has it."
            return Problem("data missing", what, f"dvc commit --force {pointer}")
        case "missing" if absent.not_asked:
            what = f"{fault.file} {of_data} is not here, and the DVC remote was not asked."
            return Problem("data elsewhere", what, "trainstore verify --remote", "warning")
        case "missing":
            return Problem("data missing", f"DVC's cache lacks {fault.file} {of_data}.", fetch)
        case "work tree differs":
            what = f"{DATASETS}/{fault.file} differs from the data set {name}."
            return Problem("data changed", what, f"Move it away, then: dvc checkout {pointer}")
        case _:
            what = f"{fault.file} {of_data} is not what it was: {fault.place}."
            return Problem("data corrupt", what, f"rm -f {shlex.quote(str(fault.place))} && {fetch}")
