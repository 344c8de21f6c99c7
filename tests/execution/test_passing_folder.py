"""Folders of processes that were killed: the next one takes them away, and no others."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from trainstore.execution.job_folder import JobFolder
from trainstore.execution.passing_folder import passing_folder

HOLD = """
import sys
from trainstore.execution.job_folder import JobFolder
with JobFolder.create() as job:
    (job.inputs / "data").write_text("private")
    print(job.root, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, a new one."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def held() -> tuple["subprocess.Popen[str]", Path]:
    """A process that has a job folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def end(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_what_a_killed_process_left_goes_and_what_a_living_one_has_stays(temporary: Path) -> None:
    (living, has), (killed, left) = held(), held()
    try:
        end(killed)
        assert (left / "inputs/data").exists()
        with JobFolder.create() as job:
            assert sorted(temporary.iterdir()) == sorted([has, job.root])
            assert (has / "inputs/data").read_text() == "private"
    finally:
        end(living)
    with passing_folder("data") as root:
        assert list(temporary.iterdir()) == [root]
    assert list(temporary.iterdir()) == []


def test_what_may_be_anothers_stays(temporary: Path, tmp_path: Path) -> None:
    process, left = held()
    end(process)
    elsewhere = tmp_path / "elsewhere"
    left.rename(elsewhere)
    (temporary / "ts-job-linked00").symlink_to(elsewhere)
    owned = {"ts-job-machine0": b"another machine", "ts-job-begun000": b"", "ts-mine-abcdefgh": None}
    for name, owner in owned.items():
        (temporary / name).mkdir()
        if owner is not None:
            (temporary / name / "owner").write_bytes(owner)
    os.mkfifo(temporary / "ts-job-begun000/tube")
    (temporary / "ts-job-nothing0").mkdir()
    (temporary / "ts-job-linkedin").mkdir()
    (temporary / "ts-job-linkedin/owner").symlink_to(elsewhere / "owner")
    before = set(temporary.iterdir())
    with passing_folder("job"):
        pass
    assert set(temporary.iterdir()) == before and (elsewhere / "inputs/data").exists()
