import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.execution.sandbox import probe
from trainstore.execution.sandbox.landlock import landlock_abi

pytestmark = pytest.mark.skipif(
    bool(probe.why_no_landlock()), reason=f"no Landlock: {probe.why_no_landlock()}"
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]

RESTRICTED = """
import errno, os, signal, socket, sys
from trainstore.execution.sandbox.landlock import READ, USE_DEVICE, WRITE, restrict
from trainstore.execution.sandbox.system import process_control

def error_of(act, *arguments):
    try:
        act(*arguments)
    except OSError as failure:
        return errno.errorcode[failure.errno]
    return "success"

readable, scratch, secret = sys.argv[1:4]
process_control(38, 1, what="no_new_privs")
restrict([(readable, READ), (scratch, WRITE), ("/dev/null", USE_DEVICE), ("/nowhere/at/all", READ)])
"""


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    for name in ("readable", "scratch", "secret"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return [str(tmp_path / name) for name in ("readable", "scratch", "secret")]


def test_only_what_the_rules_name_can_be_read_and_written(run_script: Run, folders: list[str]) -> None:
    ended = run_script(
        RESTRICTED
        + """
print("read", error_of(open, readable + "/file"))
print("list", error_of(os.listdir, readable))
print("write where one may read", error_of(open, readable + "/new", "w"))
print("remove where one may read", error_of(os.remove, readable + "/file"))
print("write in scratch", error_of(open, scratch + "/new", "w"))
print("folder in scratch", error_of(os.mkdir, scratch + "/folder"))
print("link in scratch", error_of(os.symlink, secret, scratch + "/link"))
print("device", error_of(open, "/dev/null", "w"))
print("secret", error_of(open, secret + "/file"))
print("secret by name", error_of(open, scratch + "/../secret/file"))
print("list secret", error_of(os.listdir, secret))
print("hard link to the secret", error_of(os.link, secret + "/file", scratch + "/hard"))
""",
        *folders,
    )
    assert dict(line.rsplit(" ", 1) for line in ended.stdout.splitlines()) == {
        "read": "success", "list": "success", "write where one may read": "EACCES",
        "remove where one may read": "EACCES", "write in scratch": "success", "folder in scratch": "success",
        "link in scratch": "EACCES", "device": "success", "secret": "EACCES", "secret by name": "EACCES",
        "list secret": "EACCES", "hard link to the secret": "EXDEV",
    }, ended.stderr  # fmt: skip


def test_children_are_restricted_as_well(run_script: Run, folders: list[str]) -> None:
    ended = run_script(
        RESTRICTED
        + """
if os.fork() == 0:
    print(error_of(open, secret + "/file"), flush=True)
    os._exit(0)
os.wait()
""",
        *folders,
    )
    assert ended.stdout == "EACCES\n", ended.stderr


def test_network_and_other_processes_as_far_as_the_kernel_can(run_script: Run, folders: list[str]) -> None:
    abi = landlock_abi()
    ended = run_script(
        RESTRICTED
        + """
print(error_of(socket.socket(socket.AF_INET).connect, ("127.0.0.1", 9)))
print(error_of(os.kill, os.getppid(), 0))
""",
        *folders,
    )
    connect, signal = ended.stdout.split()
    assert connect == ("EACCES" if abi >= 4 else "ECONNREFUSED")
    assert signal == ("EPERM" if abi >= 6 else "success")
