"""A study on disk while it goes on: one line after the other, each durable before the next trial begins."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trainstore.disk_format.run_ids import is_run_id
from trainstore.errors import InvalidRecord, StoreLocked
from trainstore.records.study import (
    Ending,
    Figure,
    Line,
    StudyHeader,
    Trial,
    decode_line,
    encode_line,
    figure_of,
)
from trainstore.store.git.repository import Repository
from trainstore.store.writing.disk_errors import disk_errors_told
from trainstore.store.writing.lock import is_locked
from trainstore.store.writing.work_tree import write_file

_FOLDER = "studies"


@dataclass(frozen=True)
class StudyLines:
    """What a study's file holds.

    Attributes:
        trials: by number.
        ending: where the search has ended, and was not taken up again.
    """

    header: StudyHeader
    trials: tuple[Trial, ...] = ()
    ending: Ending | None = None

    @property
    def figure(self) -> Figure | None:
        """What the trials are judged by; None where none got so far."""
        return figure_of(self.trials)


class StudyFile:
    """A study that this process goes on with; no other does meanwhile.

    Attributes:
        path: of the file.
        folder: for the files of trials; made when it is needed.
        lines: what the file holds now.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.folder = path.with_suffix("")
        self._descriptor = descriptor
        content = path.read_bytes()
        self.lines, whole = _read(content, path)
        if whole < len(content):  # what a kill left of a line
            os.ftruncate(descriptor, whole)

    def add(self, line: Trial | Ending) -> None:
        """Write a line and make it durable, the whole of it or nothing. Raises TrainstoreError: the disk is full."""
        content = encode_line(line)
        before = os.fstat(self._descriptor).st_size
        with disk_errors_told(self.path, "write down a trial"):
            try:
                if os.write(self._descriptor, content) < len(content):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
                os.fsync(self._descriptor)
            except BaseException:
                os.ftruncate(self._descriptor, before)
                raise
        self.lines = _with_line(self.lines, line)


def create_study(repository: Repository, header: StudyHeader) -> None:
    """Write a study's first line. Writes: its file in the git directory."""
    path = _path(repository, header.study_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, encode_line(header))


@contextmanager
def open_study(repository: Repository, study_id: str) -> Iterator[StudyFile]:
    """Open a study to go on with it.

    Raises:
        StoreLocked: another process is at it.
        InvalidRecord: its file is damaged.
    """
    path = _path(repository, study_id)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreLocked(
                f"Study {study_id} is at work in another process.",
                "Wait for it to end, or stop it with Ctrl-C.",
            ) from None
        yield StudyFile(path, descriptor)
    finally:
        os.close(descriptor)


def discard_study(study: StudyFile) -> None:
    """Remove a study in which nothing was tried."""
    study.path.unlink()
    shutil.rmtree(study.folder, ignore_errors=True)


def remove_files(repository: Repository, study_id: str) -> None:
    """Remove the files of a study's trials, which its run has by now."""
    shutil.rmtree(_path(repository, study_id).with_suffix(""), ignore_errors=True)


def is_at_work(repository: Repository, study_id: str) -> bool:
    """Tell whether a process is at a study; nothing is written."""
    return is_locked(_path(repository, study_id))


def ids_on_disk(repository: Repository) -> list[str]:
    """Return the ids of the studies that were begun in this work tree, oldest first."""
    return sorted(path.stem for path in (repository.state / _FOLDER).glob("*.jsonl") if is_run_id(path.stem))


def study_on_disk(repository: Repository, study_id: str) -> StudyLines | None:
    """Return a study that was begun in this work tree; None where it was not, or where it cannot be read."""
    try:
        path = _path(repository, study_id)
        return _read(path.read_bytes(), path)[0]
    except (FileNotFoundError, InvalidRecord):
        return None


def _path(repository: Repository, study_id: str) -> Path:
    if not is_run_id(study_id):  # a study.json that came with a clone may claim any
        raise InvalidRecord(f"{study_id[:100]!r} is not the id of a study.")
    return repository.state / _FOLDER / f"{study_id}.jsonl"


def _read(content: bytes, path: Path) -> tuple[StudyLines, int]:
    """Return what whole lines hold, and how many bytes they take; what a kill cut off at the end does not count."""
    lines: list[Line] = []
    whole = 0
    texts = content.splitlines(keepends=True)
    for number, text in enumerate(texts, start=1):
        try:
            lines.append(decode_line(text))
        except InvalidRecord as error:
            if number == len(texts):
                break
            raise _damaged(path, f"line {number}: {error.message}") from error
        if not text.endswith(b"\n"):
            lines.pop()
            break
        whole += len(text)
    if not lines or not isinstance(lines[0], StudyHeader):
        raise _damaged(path, "it does not begin as one")
    study = StudyLines(lines[0])
    for line in lines[1:]:
        study = _with_line(study, line)
    return study, whole


def _with_line(study: StudyLines, line: Line) -> StudyLines:
    match line:
        case Trial():
            trials = sorted((*study.trials, line), key=lambda trial: trial.number)
            return StudyLines(study.header, tuple(trials))
        case Ending():
            return StudyLines(study.header, study.trials, line)
        case StudyHeader():
            raise InvalidRecord("A study begins only once.")


def _damaged(path: Path, why: str) -> InvalidRecord:
    return InvalidRecord(
        f"The study in {str(path)!r} is damaged: {why}", "Move the file away to be rid of it."
    )
