"""Runs as a training would record them, without the training."""

import os
import signal
import sys
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from itertools import count
from typing import Any

import msgspec
import pytest

from trainstore.disk_format.layout import run_folder
from trainstore.records.run_record import RunRecord, encode_run
from trainstore.store.checkpoints.tracked import add_checkpoint
from trainstore.store.git.changes import Change, Commit, Write
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.store.messages import run_message
from trainstore.store.resolve import resolve_version
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.score import Scores

# What Python itself reports before it does it: each is a place to die at.
STEPS = {"subprocess.Popen", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link"}


@pytest.fixture
def in_child() -> Callable[..., int]:
    """Run something in a forked process; return how many steps it took, or minus the signal that ended it."""

    def run(act: Callable[[], object], kill_at: int = 0) -> int:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            taken = 0

            def count(event: str, _: object) -> None:
                nonlocal taken
                if event in STEPS:
                    taken += 1
                    if taken == kill_at:
                        os.kill(os.getpid(), signal.SIGKILL)

            try:
                sys.addaudithook(count)
                act()
                os.write(writer, str(taken).encode())
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            text = answer.read()
        _, status = os.waitpid(child, 0)
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else int(text)

    return run


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
            files = {"weights.safetensors": BytesIO(content), "structure.pkl": BytesIO(b"structure")}
            checkpoint = add_checkpoint(store.root, f"{folder}/checkpoint", files)
        run = RunRecord(
            run_id=run_id, action="run", function=version.function,
            version={"path": version.path, "code_digest": version.code_digest},
            outcome=outcome, reason=None, error=None, data={"digest": f"sha256:{data * 64}"},
            hyperparameters={}, chosen={}, left_out=[], out_of_range=[], seed=0, threads=1, timeout_s=None,
            device={"requested": "auto", "used": "cpu"}, environment={}, claimed_metrics={}, curves={},
            unrecorded=[], scored_metrics=scored, scoring={"outcome": "succeeded"},
            checkpoint=checkpoint
            and {"path": f"{folder}/checkpoint", "md5": checkpoint.md5, "bytes": checkpoint.size},
            weights_digest=checkpoint and f"sha256:{sha256(content).hexdigest()}", sandbox={}, output="",
            started_at="2024-01-01T00:00:00Z", duration_s=1.0,
        )  # fmt: skip
        run = msgspec.structs.replace(run, **fields)
        changes: list[Change] = [Write(f"{folder}/run.json", encode_run(run))]
        if checkpoint:
            changes.append(Write(f"{folder}/checkpoint.dvc", checkpoint.pointer))
        message = run_message(run, version, folder, Scores("", metrics=scored).headline)
        commit_changes(store, lambda _: [Commit(message, tuple(changes))])
        return folder

    return record


@pytest.fixture
def files_below() -> Callable[..., dict[str, Any]]:
    """Every file of a store's functions and runs with its content, checkpoints too."""

    def read(store: Repository) -> dict[str, bytes]:
        return {
            str(file.relative_to(store.root)): file.read_bytes()
            for top in ("generated_training_functions", "training_runs")
            for file in sorted((store.root / top).rglob("*"))
            if file.is_file()
        }

    return read
