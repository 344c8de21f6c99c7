"""Disks of a test's own: full ones, and ones that can only be read."""

import ctypes
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from trainstore.cli.app import run
from trainstore.disk_format.layout import FUNCTIONS
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.workflows.undo import undo

_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000  # CLONE_NEWNS, CLONE_NEWUSER


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    output: str
    errors: str


@pytest.fixture
def prepared(store: Repository, save_versions: Any, make_record: Any, tmp_path: Path) -> Repository:
    """A store with three versions, one that left the tree, one dropped there, and others that wait outside."""
    save_versions(3)
    save_versions(1, "Gone")
    undo(store)
    (store.root / FUNCTIONS / "dropped.json").write_bytes(make_record("Dropped").file)
    (tmp_path / "new.json").write_bytes(make_record("New").file)
    (tmp_path / "many").mkdir()
    for number in range(10):
        (tmp_path / "many" / f"{number}.json").write_bytes(make_record(f"Net{number}").file)
    (tmp_path / "patients.csv").write_text("a,outcome\n" + "".join(f"{row},{row % 2}\n" for row in range(30)))
    open_index(store).close()
    return store


@pytest.fixture(scope="session")
def mounts_of_its_own() -> None:
    """Skip where no process may have mounts that nobody else sees."""
    refused = _run_apart(
        lambda: subprocess.run(["mount", "-t", "tmpfs", "none", "/mnt"], check=True, capture_output=True)
    )
    if refused is not None:
        pytest.skip(f"no process here may have mounts of its own: {refused.splitlines()[-1]}")


@pytest.fixture
def apart(mounts_of_its_own: None) -> Callable[[Callable[[], object]], None]:
    """Run something in a process whose mounts nobody else sees, and fail here where it fails there."""

    def act(deed: Callable[[], object]) -> None:
        failure = _run_apart(deed)
        assert failure is None, failure

    return act


def _run_apart(deed: Callable[[], object]) -> str | None:
    """Run something in a forked process with mounts of its own; return what it raised, None where it ended well."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _leave_mounts()
            deed()
        except BaseException:
            os.write(writer, traceback.format_exc()[-60_000:].encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return text or None


def _leave_mounts() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_MOUNTS if user == 0 else _NEW_MOUNTS | _NEW_USER) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


@pytest.fixture
def trainstore(tmp_path: Path) -> Callable[..., Ended]:
    """Run a command line in a forked process, as the installed program would."""

    def call(folder: Path, *arguments: str | Path) -> Ended:
        out, errors = tmp_path / "out", tmp_path / "errors"
        child = os.fork()
        if child == 0:
            code = 99
            try:
                os.chdir(folder)
                for number, file in ((1, out), (2, errors)):
                    os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
                code = _main(*map(str, arguments))
            except BaseException:
                os.write(2, traceback.format_exc().encode())
            os._exit(code)
        _, status = os.waitpid(child, 0)
        return Ended(os.waitstatus_to_exitcode(status), out.read_text(), errors.read_text())

    return call


def _main(*arguments: str) -> int:
    with open(os.devnull) as sys.stdin, open(1, "w") as sys.stdout, open(2, "w") as sys.stderr:
        sys.argv = ["trainstore", *arguments]
        try:
            run()
        except SystemExit as ended:
            return int(ended.code or 0)
    return 0
