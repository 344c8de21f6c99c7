"""Data that many workers read, written once."""

import shutil
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from trainstore.execution.job_folder import JobFolder
from trainstore.execution.passing_folder import passing_folder
from trainstore.records.datasets import Part, PartName

PARTS: tuple[PartName, ...] = ("train", "val")  # and never the test part


def save_inputs(folder: Path, parts: Mapping[PartName, Part]) -> None:
    """Write the parts that a training gets."""
    from trainstore.execution.arrays import save_part  # numpy, which a look at the machine does without

    for name in PARTS:
        save_part(folder, name, parts[name])


class PlacedInputs:
    """Folders of inputs, one for each pair of parts; threads may share it.

    Attributes:
        root: the folder that they are in.
    """

    def __init__(self) -> None:
        self._opened = ExitStack()
        self.root = self._opened.enter_context(passing_folder("data"))
        self._lock = threading.Lock()
        # The parts are held, so that no others can get their ids.
        self._placed: dict[tuple[int, ...], tuple[Path, list[Part]]] = {}

    def link(self, job: JobFolder, parts: Mapping[PartName, Part]) -> None:
        """Have the job's inputs be a link to a folder with these parts, written now if there is none."""
        held = [parts[name] for name in PARTS]
        key = tuple(map(id, held))
        with self._lock:
            if key not in self._placed:
                self._placed[key] = self._write(parts), held
        job.inputs.rmdir()
        job.inputs.symlink_to(self._placed[key][0])

    def close(self) -> None:
        """Remove all of them."""
        self._opened.close()

    def _write(self, parts: Mapping[PartName, Part]) -> Path:
        folder = self.root / str(len(self._placed))
        folder.mkdir()
        save_inputs(folder, parts)
        return folder


def take_own_inputs(job: JobFolder) -> None:
    """Give a job a copy of inputs that it only has a link to."""
    if job.inputs.is_symlink():
        shared = job.inputs.resolve()
        job.inputs.unlink()
        shutil.copytree(shared, job.inputs)
