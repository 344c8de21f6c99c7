"""Data sets under names: kept by DVC, named by git, read again to the byte."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainstore.api import Store, profile
from trainstore.disk_format.data_pointers import parse_data_pointer
from trainstore.errors import (
    CheckpointMissing,
    InvalidData,
    InvalidRecord,
    NotFound,
    StoreConflict,
    UsageError,
)
from trainstore.store.git.repository import Repository
from trainstore.workflows.load_data import load_data
from trainstore.workflows.run_options import RerunOptions, RunOptions

Git = Callable[..., str]
CODE = """\
import torch

def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    model = torch.nn.Linear(X_train.shape[1], 2)
    with torch.no_grad():
        model.weight.fill_(X_train.sum())
    return model, {"sum": X_train.sum().item()}
"""


def table(path: Path, shift: int = 0) -> Path:
    rows = [f"{index + shift},{index % 7},{index % 2}" for index in range(30)]
    path.write_text("\n".join(["a,b,outcome", *rows, ""]))
    return path


def dvc(store: Repository, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments], cwd=store.root, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_name_stands_for_the_bytes_whatever_becomes_of_the_file(
    store: Repository, tmp_path: Path, git: Git
) -> None:
    file = table(tmp_path / "patients.csv")
    added = Store(store).add_data("patients", file, target="outcome")
    file.unlink()
    (store.root / "datasets/patients.csv").unlink()
    loaded = load_data(store, "patients")
    assert loaded.digest == added.dataset.digest
    assert (loaded.source, loaded.pinned, loaded.classes) == ("patients", added.pinned, (0, 1))
    assert git(store, "status", "--porcelain") == ""
    assert git(store, "show", "--no-patch", "--format=%s").startswith("data patients (patients.csv, ")
    assert profile("patients", folder=store.root)["metadata"]["digest"] == added.dataset.digest


def test_adding_it_again_changes_nothing(store: Repository, tmp_path: Path, git: Git) -> None:
    file = table(tmp_path / "patients.csv")
    first = Store(store).add_data("patients", file, target="outcome")
    head = git(store, "rev-parse", "HEAD")
    again = Store(store).add_data("patients", file, target="outcome")
    assert (first.commit, again.commit) == (head, None)
    assert git(store, "rev-parse", "HEAD") == head


def test_another_file_takes_the_name_over_and_undo_gives_it_back(store: Repository, tmp_path: Path) -> None:
    opened = Store(store)
    old = opened.add_data("patients", table(tmp_path / "patients.csv"), target="outcome")
    new = opened.add_data("patients", table(tmp_path / "patients.csv", shift=5), target="outcome")
    assert old.pinned.md5 != new.pinned.md5
    assert load_data(store, "patients").digest == new.dataset.digest
    assert (store.root / "datasets/patients.csv").read_bytes() == (tmp_path / "patients.csv").read_bytes()
    opened.undo()
    assert load_data(store, "patients").digest == old.dataset.digest


def test_the_column_and_task_told_when_it_was_pinned_can_be_overridden(
    store: Repository, tmp_path: Path
) -> None:
    Store(store).add_data("patients", table(tmp_path / "patients.csv"), target="outcome")
    assert load_data(store, "patients").task == "classification"
    assert load_data(store, "patients", task="regression").task == "regression"
    assert load_data(store, "patients", target="b").classes == tuple(range(7))


def test_a_removed_name_is_none_and_comes_back(store: Repository, tmp_path: Path) -> None:
    opened = Store(store)
    opened.add_data("patients", table(tmp_path / "patients.csv"), target="outcome")
    opened.remove_data("patients")
    assert opened.data_sets() == []
    with pytest.raises(InvalidData, match="no data set and no file 'patients'"):
        load_data(store, "patients")
    with pytest.raises(NotFound):
        opened.remove_data("patients")
    opened.undo()
    assert [pinned.name for pinned in opened.data_sets()] == ["patients"]


@pytest.mark.parametrize("name", ["", "a.csv", "-x", "../up", "a/b", "a b", "x" * 101, "ünïcode", "a\n"])
def test_what_is_no_name_is_refused(store: Repository, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        Store(store).add_data(name, table(tmp_path / "patients.csv"), target="outcome")


def test_a_file_that_dvc_could_not_track_or_that_cannot_be_used_is_refused(
    store: Repository, tmp_path: Path, git: Git
) -> None:
    head = git(store, "rev-parse", "HEAD")
    with pytest.raises(UsageError, match="DVC could not track"):
        Store(store).add_data("patients", table(tmp_path / "pa tients.csv"), target="outcome")
    with pytest.raises(InvalidData, match="no column is named"):
        Store(store).add_data("patients", table(tmp_path / "patients.csv"), target="else")
    assert git(store, "rev-parse", "HEAD") == head


def test_a_file_of_the_users_in_its_place_stays(store: Repository, tmp_path: Path) -> None:
    (store.root / "datasets").mkdir()
    mine = table(store.root / "datasets/patients.csv", shift=9)
    content = mine.read_bytes()
    with pytest.raises(StoreConflict, match=r"datasets/patients\.csv"):
        Store(store).add_data("patients", table(tmp_path / "patients.csv"), target="outcome")
    assert mine.read_bytes() == content
    Store(store).add_data("patients", mine, target="outcome")


def test_data_that_is_gone_or_damaged_in_the_cache_is_told(store: Repository, tmp_path: Path) -> None:
    added = Store(store).add_data("patients", table(tmp_path / "patients.csv"), target="outcome")
    md5 = added.pinned.md5
    stored = store.root / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
    stored.chmod(0o644)
    stored.write_bytes(b"b" + stored.read_bytes()[1:])
    with pytest.raises(CheckpointMissing, match="corrupt"):
        load_data(store, "patients")
    stored.unlink()
    with pytest.raises(CheckpointMissing, match=md5):
        load_data(store, "patients")


@pytest.mark.slow
def test_dvc_itself_is_content_and_carries_it_to_a_clone(store: Repository, tmp_path: Path, git: Git) -> None:
    added = Store(store).add_data("patients", table(tmp_path / "patients.csv"), target="outcome")
    assert "up to date" in dvc(store, "status")
    assert "No changes" in dvc(store, "data", "status")
    dvc(store, "remote", "add", "--default", "shelf", str(tmp_path / "shelf"))
    dvc(store, "push")
    git(store, "commit", "-qam", "A remote")
    git(tmp_path, "clone", "-q", store.root, tmp_path / "clone")
    clone = Store.open(tmp_path / "clone")
    dvc(clone.repository, "pull")
    assert load_data(clone.repository, "patients").digest == added.dataset.digest


@pytest.mark.slow
def test_a_rerun_reads_the_data_of_then(store: Repository, tmp_path: Path, make_record: Any) -> None:
    opened = Store(store)
    opened.save(make_record("Net", CODE).record.content)
    opened.add_data("patients", table(tmp_path / "patients.csv"), target="outcome")
    run = opened.run("Net", RunOptions("patients"))
    assert run.record.data["source"] == "patients"
    assert run.record.data["pinned"]["file"] == "patients.csv"
    opened.add_data("patients", table(tmp_path / "patients.csv", shift=5), target="outcome")
    assert opened.rerun(run.record.run_id).record.verdict == "identical"
    with pytest.raises(InvalidData, match="is not the data of run"):
        opened.rerun(run.record.run_id, RerunOptions(data="patients"))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"outs:", b"outs: []", b"- 1", b"\xff", b"outs:\n- md5: x\n  size: 1\n  path: a.csv\n", b"a: &a [*a]",
        b"outs:\n- md5: " + b"0" * 32 + b"\n  size: 1\n  path: ../../etc/passwd\n",
        b"outs:\n- md5: " + b"0" * 32 + b"\n  size: !!python/object:os.system 1\n  path: a.csv\n",
        b"[" * 50_000, b"outs: " + b"x" * 70_000,
    ],
)  # fmt: skip
def test_a_pointer_that_is_none_is_refused_and_hides_no_other(
    store: Repository, tmp_path: Path, git: Git, content: bytes
) -> None:
    with pytest.raises(InvalidRecord):
        parse_data_pointer(content)
    Store(store).add_data("patients", table(tmp_path / "patients.csv"), target="outcome")
    (store.root / "datasets/bad.dvc").write_bytes(content)
    git(store, "add", "datasets/bad.dvc")
    git(store, "commit", "-qm", "bad")
    assert [pinned.name for pinned in Store(store).data_sets()] == ["patients"]
    with pytest.raises(InvalidData, match=r"datasets/bad\.dvc"):
        load_data(store, "bad")


def test_a_pointer_that_dvc_wrote_anew_is_read(store: Repository, tmp_path: Path) -> None:
    added = Store(store).add_data("patients", table(tmp_path / "patients.csv"), target="outcome")
    pointer = store.root / "datasets/patients.dvc"
    text = pointer.read_text()
    found = parse_data_pointer(
        text.replace('{"trainstore": {', "\n  trainstore:\n    {").replace("}}", "}").encode()
    )
    assert (found["md5"], found["meta"]["target"]) == (added.pinned.md5, "outcome")


def test_arrays_are_pinned_as_well(store: Repository, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 2)
    Store(store).add_data("a", tmp_path / "a.npz")
    assert load_data(store, "a").task == "classification"
