"""Reads data files whose formats need a large decoder: in a confined worker, which hands back plain arrays."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainstore.errors import InvalidData
from trainstore.execution.claims import InvalidClaim, parse_line
from trainstore.execution.confined_worker import Terms, confined_worker
from trainstore.execution.job_folder import JobFolder, create_result_file
from trainstore.execution.judgement import judge
from trainstore.execution.limits import MESSAGE_LENGTH, Limits
from trainstore.execution.readiness import check_ready
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.execution.supervised import GRACE_SECONDS
from trainstore.plain_text import plain

_WALL_SECONDS = 3600.0
_MOST_REPORT_BYTES = 1 << 22


@dataclass(frozen=True)
class Encoded:
    """Files to be decoded together.

    Attributes:
        kind: ``tensors`` (.pt), ``table`` (.parquet) or ``images``.
        files: what to read.
        labels: of images, the class of each.
        parts: of images, ``train``, ``val`` or ``test`` for each; empty texts where they are not divided.
        target: of a table, the column to predict.
        inputs_only: whether X is wanted alone, which a table without its target has, too.
        columns: of a table, those to take then, in this order; all but the target where none is given.
    """

    kind: str
    files: Sequence[Path]
    labels: Sequence[str] = field(default_factory=tuple)
    parts: Sequence[str] = field(default_factory=tuple)
    target: str | None = None
    inputs_only: bool = False
    columns: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class Decoded:
    """An .npz archive of the arrays, and the names of X's columns where there are any."""

    archive: Path
    columns: tuple[str, ...]


@contextmanager
def decoded(encoded: Encoded, demand: SandboxDemand) -> Iterator[Decoded]:
    """Decode files; the archive can be read while the context lasts, and is to be read as anyone's.

    Raises:
        InvalidData: they cannot be decoded; the worker's words say why.
        SandboxTooWeak: this machine cannot keep a decoder in bounds.
    """
    with JobFolder.create() as job:
        for number, file in enumerate(encoded.files):
            shutil.copyfile(file, job.inputs / str(number))
        arrays, writer = create_result_file(job.weights.with_name("arrays.npz"))
        request = {
            "mode": "decode", "device": "cpu", "seed": 0, "threads": 1, "kind": encoded.kind,
            "labels": list(encoded.labels), "parts": list(encoded.parts), "target": encoded.target,
            "inputs_only": encoded.inputs_only, "columns": list(encoded.columns),
        }  # fmt: skip
        with arrays:
            answer = _ask(job, request, writer, demand)
        if not answer.get("ok"):
            raise InvalidData(_text(answer.get("reason")), _text(answer.get("hint") or ""))
        columns = answer.get("columns")
        names = tuple(map(str, columns)) if isinstance(columns, list) else ()
        yield Decoded(job.weights.with_name("arrays.npz"), names)


def _text(told: object) -> str:
    """What a worker says: a decoder that is attacked says anything, and an honest one quotes the file."""
    return plain(str(told))[:MESSAGE_LENGTH]


def _ask(job: JobFolder, request: dict[str, Any], writer: int, demand: SandboxDemand) -> dict[str, Any]:
    reader, answers = os.pipe()
    limits = Limits(wall_seconds=_WALL_SECONDS)
    report = bytearray()

    def listen(chunk: bytes) -> None:
        report.extend(chunk[: _MOST_REPORT_BYTES - len(report)])

    descriptors = {"answers": answers, "arrays": writer}
    terms = Terms(limits, demand)
    with os.fdopen(reader, "rb"), confined_worker(job, request, descriptors, terms) as worker:
        ending = worker.process.wait({reader: listen}, _WALL_SECONDS + GRACE_SECONDS)
    try:
        ready, answer = (parse_line(line) for line in bytes(report).split(b"\n")[:-1])
    except (InvalidClaim, ValueError) as error:
        raise InvalidData(f"it could not be decoded: {judge(ending, b'', limits).reason}") from error
    check_ready(ready)
    return answer
