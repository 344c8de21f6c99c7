import os
import stat
from pathlib import Path

import numpy as np
import pytest

from trainstore.execution.arrays import open_part, save_part
from trainstore.execution.job_folder import JobFolder, create_result_file
from trainstore.records.datasets import Part, Sequences


def test_the_folder_is_closed_to_others_and_gone_afterwards() -> None:
    with JobFolder.create() as job:
        assert stat.S_IMODE(job.root.stat().st_mode) == 0o700
        assert job.home.is_dir()
        assert job.tmp.is_dir()
    assert not job.root.exists()


def test_locked_and_deep_leftovers_are_removed() -> None:
    with JobFolder.create() as job:
        deep = os.open(job.tmp, os.O_RDONLY)
        for _ in range(1_200):
            os.mkdir("d", dir_fd=deep)
            deeper = os.open("d", os.O_RDONLY, dir_fd=deep)
            os.close(deep)
            deep = deeper
        os.close(deep)
        locked = job.home / "locked"
        (locked / "inner").mkdir(parents=True)
        locked.chmod(0)
    assert not job.root.exists()


def test_removal_stays_within_the_folder(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    with JobFolder.create() as job:
        (job.home / "link").symlink_to(tmp_path)
        (job.home / "file").symlink_to(kept)
    assert kept.read_text() == "mine"


def test_a_result_file_is_read_whatever_becomes_of_its_name(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    reader, writer = create_result_file(path)
    with reader:
        os.write(writer, b"result")
        os.close(writer)
        path.unlink()
        os.mkfifo(path)
        assert reader.read() == b"result"


def test_a_result_file_that_is_already_there_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        create_result_file(path)


@pytest.mark.parametrize("rows", [0, 3])
def test_parts_come_back_and_their_files_stay_unchanged(tmp_path: Path, rows: int) -> None:
    part = Part(np.ones((rows, 2), np.float32), np.arange(rows))
    save_part(tmp_path, "train", part)
    opened = open_part(tmp_path, "train")
    assert isinstance(opened.X, np.ndarray)
    opened.X[...] = 5
    np.testing.assert_array_equal(open_part(tmp_path, "train").X, part.X)
    np.testing.assert_array_equal(opened.y, part.y)


def test_sequences_come_back(tmp_path: Path) -> None:
    sequences = Sequences(np.arange(8, dtype=np.float32).reshape(4, 2), np.array([0, 1, 1, 4]))
    save_part(tmp_path, "val", Part(sequences, np.arange(3)))
    opened = open_part(tmp_path, "val").X
    assert isinstance(opened, Sequences)
    np.testing.assert_array_equal(opened.values, sequences.values)
    np.testing.assert_array_equal(opened.offsets, sequences.offsets)
