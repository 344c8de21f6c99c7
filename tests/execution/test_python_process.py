import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainstore.execution import python_process
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.python_process import python_command, worker_environment

ROOT = Path(__file__).parents[2]


@pytest.fixture
def job() -> Iterator[JobFolder]:
    with JobFolder.create() as job:
        yield job


def test_only_what_is_on_the_list_gets_in(job: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "PYTHONSTARTUP", "LD_PRELOAD"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("TZ", "UTC")
    environment = worker_environment(job, "cuda:0", 3)
    assert "secret" not in environment.values()
    assert environment["TZ"] == "UTC"
    assert environment["HOME"] == str(job.home)
    assert environment["TMPDIR"] == str(job.tmp)
    assert environment["OMP_NUM_THREADS"] == environment["MKL_NUM_THREADS"] == "3"
    assert environment["PYTHONHASHSEED"] == "0"


def test_a_run_on_the_cpu_sees_no_gpu(job: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert worker_environment(job, "cpu", 1)["CUDA_VISIBLE_DEVICES"] == ""
    assert worker_environment(job, "auto", 1)["CUDA_VISIBLE_DEVICES"] == "1"


def test_the_current_folder_is_not_imported_from(job: JobFolder, tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('imported from here')")
    command = [
        *python_command("trainstore.execution.supervisor")[:-2],
        "-c",
        "import json, trainstore.execution",
    ]
    subprocess.run(command, check=True, cwd=tmp_path, env=worker_environment(job, "cpu", 1))


def test_an_installed_package_does_not_come_before_the_standard_library(
    job: JobFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", f":relative:{tmp_path}")
    assert worker_environment(job, "cpu", 1)["PYTHONPATH"] == f"{job.library}:{tmp_path}"
    installed = Path(sysconfig.get_path("purelib")) / "trainstore" / "execution" / "python_process.py"
    monkeypatch.setattr(python_process, "__file__", str(installed))
    assert worker_environment(job, "cpu", 1)["PYTHONPATH"] == str(tmp_path)


def test_this_package_is_imported_from_the_job_and_nothing_that_lies_beside_it(job: JobFolder) -> None:
    assert [entry.name for entry in job.library.iterdir()] == ["trainstore"]
    assert (job.library / "trainstore").resolve() == ROOT / "trainstore"


def test_the_interpreter_is_this_one() -> None:
    assert python_command("m", "a")[0] == sys.executable
