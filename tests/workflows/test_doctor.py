"""What a machine and a store lack, told before it is met."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.errors import StoreNotFound
from trainstore.execution.survey import Survey
from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.diagnosis import machine
from trainstore.workflows.diagnosis.diagnose import diagnose
from trainstore.workflows.diagnosis.machine import (
    check_compiled,
    check_git,
    check_packages,
    check_survey,
    take_survey,
)
from trainstore.workflows.diagnosis.places import check_file_system, check_places, check_space, file_system_of
from trainstore.workflows.diagnosis.store import check_ownership, check_store
from trainstore.workflows.init import init_store
from trainstore.workflows.problem import Problem

Git = Callable[..., str]
WEAK = Survey({"level": "weak", "layers": []}, ({"name": "cpu", "hardware": "x", "memory_bytes": None},), "")


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


def follow(store: Repository, hint: str) -> None:
    ended = subprocess.run(hint, shell=True, cwd=store.root, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def survey(isolated_home: Path) -> Survey:
    """What a real worker process finds here."""
    found, problems = take_survey()
    assert found is not None and problems == []
    return found


@pytest.mark.slow
class TestWholeDiagnosis:
    """With a real worker process."""

    def test_the_worker_names_devices_and_layers(self, survey: Survey) -> None:
        assert survey.devices[-1]["name"] == "cpu"
        assert survey.devices[-1]["hardware"]
        assert survey.sandbox["level"] in ("strong", "partial", "weak")
        assert "wall_limit" in survey.sandbox["layers"]
        assert all(survey.sandbox["missing"].values())

    def test_the_parent_imports_neither_torch_nor_dvc_for_it(
        self, isolated_home: Path, tmp_path: Path
    ) -> None:
        code = (
            "import sys; from trainstore.api import doctor; found = doctor(sys.argv[1]); "
            "print(found.ok, found.store, *[one for one in ('torch', 'dvc', 'numpy', 'git') if one in sys.modules])"
        )
        ended = subprocess.run(
            [sys.executable, "-c", code, tmp_path], capture_output=True, check=True, text=True
        )
        assert ended.stdout == "True None\n"

    def test_a_healthy_store(
        self, store: Repository, survey: Survey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("trainstore.execution.survey.survey_machine", lambda: survey)
        diagnosis = diagnose(store.root)
        assert diagnosis.ok
        assert diagnosis.store == store.root
        assert diagnosis.git and diagnosis.git[0].isdigit()
        assert diagnosis.packages["torch"] and diagnosis.packages["dvc"]
        assert diagnosis.devices == survey.devices
        assert {problem.kind for problem in diagnosis.problems} <= {"sandbox", "disk", "network"}


class TestFolders:
    @pytest.fixture(autouse=True)
    def no_worker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("trainstore.execution.survey.survey_machine", lambda: WEAK)

    def test_outside_of_a_store_only_the_machine_is_looked_at(self, tmp_path: Path) -> None:
        diagnosis = diagnose(tmp_path)
        assert diagnosis.store is None and diagnosis.ok

    def test_a_repository_without_a_store(self, tmp_path: Path, git: Git) -> None:
        git(tmp_path, "init", "--quiet")
        assert diagnose(tmp_path).store is None

    def test_a_folder_below_a_store(self, store: Repository) -> None:
        assert diagnose(store.root / "generated_training_functions").store == store.root

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(StoreNotFound, match="no folder"):
            diagnose(tmp_path / "none")

    def test_without_git_all_else_is_still_told(
        self, store: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        diagnosis = diagnose(store.root)
        assert not diagnosis.ok
        assert (diagnosis.git, diagnosis.store) == (None, None)
        assert diagnosis.problems[0].kind == "git"
        assert diagnosis.devices == WEAK.devices

    def test_errors_come_first_and_warnings_leave_it_ok(self, store: Repository) -> None:
        (store.root / ".gitattributes").write_text("")
        diagnosis = diagnose(store.root)
        assert not diagnosis.ok
        assert [problem.severity for problem in diagnosis.problems][:1] == ["error"]
        assert diagnosis.problems[-1].severity == "warning"


class TestMachine:
    @pytest.mark.parametrize(
        ("told", "ok"),
        [
            ("git version 2.30.0", True),
            ("git version 2.39.5 (Apple Git-154)", True),
            ("git version 3.0.0-rc1", True),
            ("git version 2.29.9", False),
            ("git version 1.8.3.1", False),
            ("git version unknown", True),
        ],
    )
    def test_versions_of_git(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, ok: bool
    ) -> None:
        (tmp_path / "git").write_text(f"#!/bin/sh\necho '{told}'\n")
        (tmp_path / "git").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        version, problems = check_git(tmp_path)
        assert version == told.removeprefix("git version ")
        assert [problem.kind for problem in problems] == ([] if ok else ["git"])

    def test_a_library_that_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machine, "_PACKAGES", ("torch", "no-such-library"))
        found, problems = check_packages()
        assert found["torch"] and found["no-such-library"] is None
        assert only(problems).hint == "pip install no-such-library"

    def test_a_library_without_bytecode(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "shades").mkdir()
        (tmp_path / "shades/__init__.py").touch()
        monkeypatch.syspath_prepend(tmp_path)
        problem = only(check_compiled("shades"))
        assert (problem.kind, problem.severity) == ("bytecode", "warning")
        subprocess.run(shlex.split(problem.hint), check=True)
        assert check_compiled("shades") == check_compiled("no_such_library") == []

    def test_a_worker_that_cannot_start(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "torch.py").write_text(
            "raise ImportError('libcudart.so.12: cannot open shared object file')"
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        survey, problems = take_survey()
        assert survey is None
        assert "libcudart.so.12" in only(problems).what

    def test_a_weak_sandbox_says_what_that_means(self) -> None:
        problem = only(check_survey(WEAK))
        assert (problem.kind, problem.severity) == ("sandbox", "warning")
        assert "read and write your files" in problem.what and "network" in problem.what

    def test_a_driver_that_torch_cannot_use(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machine, "_NVIDIA_DRIVER", tmp_path)
        survey = Survey({"level": "strong", "layers": []}, WEAK.devices, "line\nthe driver is too old\n")
        problem = only(check_survey(survey))
        assert problem.kind == "device"
        assert "the driver is too old" in problem.what
        here = Survey(survey.sandbox, ({"name": "cuda:0"}, *WEAK.devices), "")
        assert check_survey(here) == []


class TestStore:
    def test_a_fresh_store_has_no_problem(self, store: Repository) -> None:
        assert check_store(store) == []
        assert [one for one in check_places(store) if one.kind not in ("disk", "network")] == []

    def test_a_clone_lacks_what_git_does_not_copy_until_init(
        self, store: Repository, tmp_path: Path, git: Git
    ) -> None:
        git(tmp_path, "clone", "--quiet", store.root, "clone")
        clone = find_store(tmp_path / "clone")
        problem = only(check_store(clone))
        assert (problem.kind, problem.severity, problem.hint) == ("set-up", "warning", "trainstore init")
        init_store(clone.root)
        assert check_store(clone) == []

    def test_a_converter_whose_python_is_gone(self, store: Repository, git: Git) -> None:
        command = git(store, "config", "diff.trainstore.textconv")
        git(store, "config", "diff.trainstore.textconv", command.replace(sys.executable, "/gone/python"))
        assert "/gone/python" in only(check_store(store)).what
        init_store(store.root)
        assert check_store(store) == []

    def test_a_converter_of_the_users_own_is_left_alone(self, store: Repository, git: Git) -> None:
        git(store, "config", "diff.trainstore.textconv", "cat")
        assert check_store(store) == []

    @pytest.mark.parametrize("name", [".gitignore", ".gitattributes"])
    def test_a_line_that_was_taken_out(self, store: Repository, name: str) -> None:
        (store.root / name).write_text("# mine\n")
        assert only(check_store(store)).severity == "error"
        assert name in only(check_store(store)).what

    def test_no_identity(self, store: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "empty").write_text("")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "empty"))
        problem = only(check_store(store))
        assert (problem.kind, problem.severity) == ("identity", "warning")

    @pytest.mark.parametrize(
        ("settings", "named"),
        [
            ({}, "gpg"),
            ({"gpg.program": "/gone/gpg"}, "/gone/gpg"),
            ({"gpg.format": "ssh", "gpg.ssh.program": "/gone/sign"}, "/gone/sign"),
            ({"gpg.format": "x509"}, "gpgsm"),
            ({"gpg.program": "sh"}, None),
        ],
    )
    def test_signing_without_a_program(
        self, store: Repository, git: Git, monkeypatch: pytest.MonkeyPatch,
        settings: dict[str, str], named: str | None,
    ) -> None:  # fmt: skip
        git(store, "config", "commit.gpgSign", "true")
        for key, value in settings.items():
            git(store, "config", key, value)
        which = shutil.which
        monkeypatch.setattr(shutil, "which", lambda name: None if name in ("gpg", "gpgsm") else which(name))
        problems = [problem.what for problem in check_store(store) if problem.kind == "signing"]
        assert [named in what for what in problems if named] == ([True] if named else [])
        assert bool(problems) == (named is not None)

    def test_a_shallow_clone(self, store: Repository, tmp_path: Path, git: Git, save_versions: Any) -> None:
        save_versions(2)
        git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{store.root}", "clone")
        clone = find_store(tmp_path / "clone")
        problem = next(one for one in check_store(clone) if one.kind == "shallow")
        follow(clone, problem.hint)
        assert "shallow" not in {one.kind for one in check_store(clone)}

    @pytest.mark.parametrize("name", ["index.lock", "refs/heads/main.lock", "packed-refs.lock"])
    @pytest.mark.parametrize(("age", "severity"), [(5, "warning"), (3 * 3600, "error")])
    def test_a_lock_is_told_with_its_age_and_left_alone(
        self, store: Repository, name: str, age: int, severity: str
    ) -> None:
        lock = store.git_dir / name
        lock.touch()
        os.utime(lock, (time.time() - age, time.time() - age))
        problem = only(check_store(store))
        assert (problem.kind, problem.severity) == ("lock", severity)
        assert str(lock) in problem.what and ("3 hours" in problem.what) == (age > 60)
        assert lock.exists()

    def test_a_half_written_file(self, store: Repository) -> None:
        stray = store.root / "generated_training_functions/.0011.trainstore-tmp"
        stray.write_text("half")
        problem = only(check_store(store))
        assert (problem.kind, problem.severity) == ("left over", "warning")
        assert str(stray) in problem.what
        follow(store, problem.hint)
        assert check_store(store) == []

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
    def test_a_repository_that_belongs_to_another_user(self, store: Repository) -> None:
        for path in (store.root, store.git_dir):
            os.chown(path, 12345, -1)
        problem = only(check_ownership(store.root))
        assert str(store.root) in problem.what
        os.chown(store.root, 0, -1)


class TestPlaces:
    def of_kind(self, store: Repository, kind: str) -> list[Problem]:
        return [problem for problem in check_places(store) if problem.kind == kind]

    def test_a_cache_on_a_disk_that_is_not_there(self, store: Repository, tmp_path: Path) -> None:
        (store.root / ".dvc/config.local").write_text(f"[cache]\n    dir = {tmp_path}/gone/cache\n")
        problem = only(self.of_kind(store, "cache"))
        assert f"{tmp_path}/gone/cache" in problem.what and problem.severity == "error"
        follow(store, problem.hint.partition(": ")[2])
        assert self.of_kind(store, "cache") == []

    def test_a_broken_configuration_of_dvc(self, store: Repository) -> None:
        (store.root / ".dvc/config").write_text("[cache\n")
        assert only(self.of_kind(store, "cache")).severity == "error"

    def test_a_file_in_place_of_a_folder(self, store: Repository, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        (store.root / ".dvc/config.local").write_text(f"[cache]\n    dir = {tmp_path}/file/cache\n")
        assert str(tmp_path / "file") in only(self.of_kind(store, "not writable")).what

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_state_folder_that_cannot_be_written(self, store: Repository) -> None:
        store.state.mkdir(exist_ok=True)
        store.state.chmod(0o555)
        try:
            assert str(store.state) in only(self.of_kind(store, "not writable")).what
        finally:
            store.state.chmod(0o755)

    def test_a_linked_worktree_without_the_main_ones_cache(
        self, store: Repository, git: Git, tmp_path: Path
    ) -> None:
        git(store, "worktree", "add", "--quiet", "--detach", tmp_path / "linked")
        linked = find_store(tmp_path / "linked")
        assert only(self.of_kind(linked, "cache")).hint == "trainstore init"
        init_store(linked.root)
        (store.root / ".dvc/cache").mkdir(exist_ok=True)
        assert self.of_kind(linked, "cache") == []

    @pytest.mark.parametrize(("free", "told"), [(10**9, False), (10**9 - 1, True), (0, True)])
    def test_a_disk_that_is_nearly_full(self, tmp_path: Path, free: int, told: bool) -> None:
        problems = check_space("The work tree", tmp_path, free)
        assert [problem.severity for problem in problems] == (["warning"] if told else [])

    MOUNTS = (
        "/dev/vda / ext4 rw 0 0\n"
        "server:/home {0}/net nfs4 rw 0 0\n"
        "me@host: {0}/net/my\\040files fuse.sshfs rw 0 0\n"
        "tmpfs {0}/net/local tmpfs rw 0 0\n"
        "/dev/sdb {0}/twice nfs rw 0 0\n"
        "/dev/sdb {0}/twice ext4 rw 0 0\n"
        "torn\n"
    )

    @pytest.mark.parametrize(
        ("name", "kind", "network"),
        [
            ("", "ext4", False),
            ("net", "nfs4", True),
            ("net/a/b", "nfs4", True),
            ("net/my files/x", "fuse.sshfs", True),
            ("net/local/x", "tmpfs", False),
            ("twice", "ext4", False),
            ("network", "ext4", False),
        ],
    )
    def test_file_systems(self, tmp_path: Path, name: str, kind: str, network: bool) -> None:
        root = tmp_path.resolve()
        (root / name).mkdir(parents=True, exist_ok=True)
        mounts = self.MOUNTS.format(root)
        assert file_system_of(root / name, mounts) == kind
        assert [kind in one.what for one in check_file_system("It", root / name, mounts)] == [True] * network

    def test_a_system_that_tells_of_no_mounts(self, tmp_path: Path) -> None:
        assert file_system_of(tmp_path, "") is None
        assert check_file_system("It", tmp_path, "") == []
