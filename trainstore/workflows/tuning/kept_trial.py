"""The trial that a study would keep, whole on disk: it is committed at the end without being trained again."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from trainstore.errors import CheckpointMissing
from trainstore.execution.request import TrainingResult
from trainstore.execution.runtime import Runtime
from trainstore.records.study import Trial, best_of
from trainstore.store.writing.disk_errors import disk_errors_told
from trainstore.store.writing.work_tree import sync_folder, write_file
from trainstore.workflows.tuning.trial import STRUCTURE, WEIGHTS, TrialResult

_RESULT = "result.json"


def to_keep(trials: Sequence[Trial]) -> Trial:
    """Return the trial that is kept of some: the best; where none can be the best the first, which tells why."""
    return best_of(trials) or min(trials, key=lambda trial: trial.number)


def folder_of(folder: Path, number: int) -> Path:
    """Return where the files of a trial are."""
    return folder / str(number)


def is_whole(folder: Path, number: int) -> bool:
    """Tell whether the files of a trial are there."""
    return (folder_of(folder, number) / _RESULT).exists()


def write_trial(folder: Path, result: TrialResult) -> None:
    """Make durable what a trial gave. Writes: its folder; the checkpoint's files may be there already."""
    own = folder_of(folder, result.number)
    fields = {**vars(replace(result.training, runtime=Runtime())), "runtime": None}
    with disk_errors_told(folder.parent, "keep the best trial"):
        own.mkdir(parents=True, exist_ok=True)
        for name, content in (result.files or {}).items():
            write_file(own / name, content)
        write_file(own / _RESULT, json.dumps(fields).encode())  # with NaN and infinities, as curves have them
        for made in (own, folder):
            sync_folder(made)


def remove_trial(folder: Path, number: int) -> None:
    """Remove the files of a trial."""
    shutil.rmtree(folder_of(folder, number), ignore_errors=True)


def remove_all_but(folder: Path, number: int) -> None:
    """Remove the files of all trials but one, also of those that a kill kept from being recorded."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.name != str(number):
            shutil.rmtree(entry, ignore_errors=True)


def remove_all(folder: Path) -> None:
    """Remove the files of all trials."""
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def open_trial(folder: Path, number: int) -> Iterator[TrainingResult]:
    """Give the result of a trial's training, its checkpoint's files open.

    Raises:
        CheckpointMissing: the files are not there.
    """
    own = folder_of(folder, number)
    with ExitStack() as opened:
        try:
            fields = json.loads((own / _RESULT).read_bytes())
            if fields["outcome"] == "succeeded":
                fields["weights"] = opened.enter_context(open(own / WEIGHTS, "rb"))
                fields["structure"] = opened.enter_context(open(own / STRUCTURE, "rb"))
        except (OSError, ValueError) as error:
            raise CheckpointMissing(
                f"What trial {number} trained is not in {str(own)!r} any more.",
                "Its hyperparameters are recorded: trainstore studies shows them, trainstore run --set repeats them.",
            ) from error
        yield TrainingResult(**{**fields, "runtime": Runtime()})
