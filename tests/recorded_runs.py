"""Runs as a training would record them, without the training."""

from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from sample_run import sample_run

from trainstore.disk_format.layout import run_folder
from trainstore.records.run_record import encode_run
from trainstore.store.git.changes import Change, Commit, Write
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.store.messages import run_message
from trainstore.store.resolve import resolve_version
from trainstore.store.writing.transaction import commit_changes


@pytest.fixture
def record_run() -> Callable[..., str]:
    """Record a run of a version, and return its folder; one that did not succeed has no checkpoint.

    ``metrics`` are what trainstore scored; ``data`` names the data set; equal ``weights`` are equal checkpoints; ``fields``
    override those of the record.
    """
    numbers = count(1)

    def record(
        store: Repository,
        name: str,
        outcome: str = "succeeded",
        metrics: dict[str, float | None] | None = None,
        data: str = "1",
        weights: bytes | None = None,
        **fields: Any,
    ) -> str:
        with open_index(store) as index:
            version = resolve_version(store, index, name)
        number = next(numbers)
        run_id = f"20240101T000000Z-{number:06x}"
        folder = run_folder(version.folder, run_id)
        content = weights if weights is not None else b"weights of run %d" % number
        scored = metrics if outcome == "succeeded" else None
        checkpoint = None
        if outcome == "succeeded":
            from trainstore.store.checkpoints.tracked import add_checkpoint  # DVC takes a second

            files = {"weights.safetensors": BytesIO(content), "structure.pkl": BytesIO(b"structure")}
            checkpoint = add_checkpoint(store.root, f"{folder}/checkpoint", files)
        told = {
            "run_id": run_id,
            "function": version.function,
            "version": {"path": version.path, "code_digest": version.code_digest},
            "outcome": outcome,
            "data": {"digest": f"sha256:{data * 64}"},
            "scored_metrics": scored,
            "checkpoint": checkpoint
            and {"path": f"{folder}/checkpoint", "md5": checkpoint.md5, "bytes": checkpoint.size},
            "weights_digest": checkpoint and f"sha256:{sha256(content).hexdigest()}",
        }
        run = sample_run(**{**told, **fields})
        changes: list[Change] = [Write(f"{folder}/run.json", encode_run(run))]
        if checkpoint:
            changes.append(Write(f"{folder}/checkpoint.dvc", checkpoint.pointer))
        message = run_message(run, version, folder, run.score)
        commit_changes(store, lambda _: [Commit(message, tuple(changes))])
        return folder

    return record
