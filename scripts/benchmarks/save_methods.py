"""One save by trainstore and by its peers; each returns what it took."""

import os
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import git as gitpython
from records import make_record
from rounds import Spent, timed

from trainstore.api import Store
from trainstore.disk_format.layout import data_type_part, function_folder, record_file_name
from trainstore.disk_format.path_parts import folder_part
from trainstore.records.training_record import TrainingRecord, decode_record, encode_record
from trainstore.store.messages import save_message

FIRST_NEW = 10_000_000  # beyond the numbers of every store that is built
FLOOR_SAVES = 50
_EVERYTHING_SYNCED = ("-c", "core.fsync=all")


def new_records() -> Iterator[dict[str, Any]]:
    """Yield records that no store has; they go on and on."""
    return (make_record(number) for number in count(FIRST_NEW))


def by_trainstore(folder: Path) -> Callable[[], Spent]:
    """`Store.save` in a process at hand: decoded, its code parsed, committed, all of it flushed to the disk."""
    store, records = Store.open(folder), new_records()

    def save() -> Spent:
        record = next(records)
        return timed(lambda: store.save(record))

    return save


def by_git(folder: Path, place: int, *options: str) -> Callable[[], Spent]:
    """The file written, `git add`, `git commit`; several may take turns in one folder, each in its place."""
    files = _new_files(place)

    def save() -> Spent:
        path, content, message = next(files)

        def add_and_commit() -> None:
            _write(folder / path, content)
            subprocess.run(["git", *options, "add", path], cwd=folder, check=True)
            subprocess.run(["git", *options, "commit", "--quiet", "-m", message], cwd=folder, check=True)

        return timed(add_and_commit)

    return save


def by_git_synced(folder: Path, place: int) -> Callable[[], Spent]:
    """The same, with everything flushed to the disk, as trainstore has it."""
    return by_git(folder, place, *_EVERYTHING_SYNCED)


def by_gitpython(folder: Path, place: int) -> Callable[[], Spent]:
    """The file written, `repo.index.add`, `repo.index.commit`."""
    files, repo = _new_files(place), gitpython.Repo(folder)

    def save() -> Spent:
        path, content, message = next(files)

        def add_and_commit() -> None:
            _write(folder / path, content)
            index = repo.index
            index.add([path])
            index.commit(message)

        return timed(add_and_commit)

    return save


def by_fast_import(folder: Path, place: int) -> Callable[[], Spent]:
    """One save's part of a `git fast-import` of fifty: the floor. No work tree, no index; its pack is flushed."""
    files = _new_files(place)

    def save() -> Spent:
        stream = b"".join(_commit_in_stream(*next(files), first=not number) for number in range(FLOOR_SAVES))
        return timed(lambda: run_fast_import(folder, stream)).divided(FLOOR_SAVES)

    return save


def by_mlflow(folder: Path) -> Callable[[], Spent]:
    """A run with the default hyperparameters as its parameters and the record as its artifact."""
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.create_experiment("bench", artifact_location=str(folder / "artifacts"))
    mlflow.set_experiment("bench")
    records = new_records()

    def save() -> Spent:
        record = next(records)

        def log() -> None:
            with mlflow.start_run(run_name=record["model_name"]):
                mlflow.log_params({name: space["default"] for name, space in record["bo_config"].items()})
                mlflow.log_dict(record, "record.json")

        return timed(log)

    return save


def run_fast_import(folder: Path, stream: bytes, **environment: str) -> None:
    """Run `git fast-import` on a stream."""
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=folder, input=stream, check=True, env={**os.environ, **environment},
    )  # fmt: skip


def _new_files(place: int) -> Iterator[tuple[str, bytes, str]]:
    """Yield the files of new records, each with its path in a store and the message of its commit."""
    for number in count(FIRST_NEW + place * 1_000_000):
        content = encode_record(make_record(number))
        record = decode_record(content, "", 0)
        path = _path(record)
        yield path, content, save_message(record, path, "save")


def _path(record: TrainingRecord) -> str:
    folder = function_folder(data_type_part(record.data_type), folder_part(record.model_name))
    return f"{folder}/{record_file_name(record.data_type, record.model_name, record.timestamp)}"


def _commit_in_stream(path: str, content: bytes, message: str, *, first: bool) -> bytes:
    told = message.encode()
    parent = b"from HEAD\n" if first else b""
    return (
        b"commit refs/heads/floor\ncommitter Tess Ter <tess@example.org> 1704067200 +0000\ndata %d\n%s\n%s"
        b'M 100644 inline "%s"\ndata %d\n%s\n'
    ) % (len(told), told, parent, path.encode(), len(content), content)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
