"""Namespaces by `unshare`, entered by processes that are there for it."""

import subprocess
from collections.abc import Callable

import pytest

from trainstore.execution.sandbox import probe

pytestmark = pytest.mark.skipif(bool(probe.why_no_unshare()), reason=f"no unshare: {probe.why_no_unshare()}")

Run = Callable[..., "subprocess.CompletedProcess[str]"]

INSIDE = """
import os, signal, socket, sys, time
from trainstore.execution.sandbox.namespaces import enter_namespaces
from trainstore.execution.sandbox.tree import Step
steps = [
    Step("link", "/bin", "usr/bin"), Step("link", "/lib", "usr/lib"), Step("link", "/lib64", "usr/lib64"),
    Step("folder", "/dev"), Step("device", "/dev/null", "/dev/null", is_folder=False),
    Step("proc", "/proc"), Step("scratch", "/scratch", size=1 << 20, mode=0o1777), Step("bind", "/usr", "/usr"),
]
enter_namespaces(steps, %r, "/tmp", "/scratch")
"""


@pytest.fixture
def inside() -> str:
    return INSIDE % probe.needs_user_namespace()


def test_only_the_steps_are_there(run_script: Run, inside: str) -> None:
    ended = run_script(f"{inside}\nprint(sorted(os.listdir('/')), os.getcwd(), os.listdir('/scratch'))")
    assert ended.stderr == ""
    assert ended.stdout == "['bin', 'dev', 'lib', 'lib64', 'proc', 'scratch', 'usr'] /scratch []\n"


def test_only_scratch_can_be_written_and_only_so_much(run_script: Run, inside: str) -> None:
    ended = run_script(
        inside
        + """
for path in ("/new", "/usr/new", "/dev/new"):
    try:
        open(path, "w")
    except OSError as error:
        print(error.strerror)
open("/dev/null", "w").write("x")
with open("/scratch/file", "wb", 0) as file:
    try:
        for _ in range(64):
            file.write(bytes(1 << 16))
    except OSError as error:
        print(error.strerror)
"""
    )
    assert ended.stdout.splitlines() == ["Read-only file system"] * 3 + ["No space left on device"], (
        ended.stderr
    )


def test_files_in_scratch_are_counted(run_script: Run, inside: str) -> None:
    ended = run_script(
        inside
        + """
try:
    for number in range(200_000):
        os.close(os.open(f"/scratch/{number}", os.O_CREAT | os.O_WRONLY))
except OSError as error:
    print(error.strerror, 50_000 < number < 150_000)
"""
    )
    assert ended.stdout == "No space left on device True\n", ended.stderr


def test_no_process_outside_is_seen_and_no_network(run_script: Run, inside: str) -> None:
    ended = run_script(
        inside
        + """
print(sorted(int(name) for name in os.listdir("/proc") if name.isdigit()), os.getpid())
print([name for _, name in socket.if_nameindex()])
"""
    )
    assert ended.stdout == "[1, 2] 2\n['lo']\n", ended.stderr


@pytest.mark.parametrize(
    ("last", "code"),
    [("os._exit(7)", 7), ("os.kill(os.getpid(), 11)", -11), ("os.kill(os.getpid(), 9)", -9), ("pass", 0)],
)
def test_it_ends_as_the_process_inside_ends(run_script: Run, inside: str, last: str, code: int) -> None:
    assert run_script(f"{inside}\n{last}").returncode == code


def test_what_is_left_inside_ends_with_it(run_script: Run, inside: str) -> None:
    ended = run_script(
        inside
        + """
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(writer, b"x")
        time.sleep(600)  # holds stdout open: the test would wait for it
    os._exit(0)
os.wait()
os.read(reader, 1)
print("ended", flush=True)
"""
    )
    assert (ended.returncode, ended.stdout) == (0, "ended\n")


def test_process_1_has_no_rights_and_buries_orphans(run_script: Run, inside: str) -> None:
    ended = run_script(
        inside
        + """
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(0.05)
    os._exit(0)
os.wait()
time.sleep(0.5)
status = open("/proc/1/status").read()
print(status.partition("CapEff:")[2].split()[0], [name for name in os.listdir("/proc") if name.isdigit()])
"""
    )
    assert ended.stdout == "0000000000000000 ['1', '2']\n", ended.stderr
