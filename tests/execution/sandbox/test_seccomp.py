import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.execution.sandbox import probe
from trainstore.execution.sandbox.seccomp import worker_program

pytestmark = pytest.mark.skipif(bool(probe.why_no_seccomp()), reason=f"no seccomp: {probe.why_no_seccomp()}")

Run = Callable[..., "subprocess.CompletedProcess[str]"]

FILTERED = """
import ctypes, errno, os, socket, sys, threading
from trainstore.execution.sandbox.seccomp import install_filter, worker_program
from trainstore.execution.sandbox.system import process_control, system_call

def error(number, *arguments):
    try:
        system_call(number, *arguments, what="it")
    except OSError as failure:
        return errno.errorcode[failure.errno]
    return "success"

def error_of(act):
    try:
        act()
    except OSError as failure:
        return errno.errorcode[failure.errno]
    return "success"

process_control(38, 1, what="no_new_privs")
install_filter(worker_program())
"""


def test_what_reaches_out_of_the_process_fails(run_script: Run) -> None:
    ended = run_script(
        FILTERED
        + """
print("ptrace", error(101, 0, 0, 0, 0))
print("io_uring_setup", error(425, 1, 0))
print("keyctl", error(250, 0, 0))
print("unshare", error(272, 0x10000000))
print("clone with a namespace", error(56, 0x10000011, 0, 0, 0, 0))
print("clone3", error(435, 0, 0))
print("fifo", error_of(lambda: os.mkfifo(sys.argv[1] + "/fifo")))
print("inet", error_of(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
print("netlink", error_of(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)))
print("prlimit of the parent", error(302, os.getppid(), 7, None, None))
print("truncate by name", error_of(lambda: os.truncate(sys.argv[1] + "/file", 0)))
print("terminal", error(16, 0, 0x5412, b"x"))
print("a call of the future", error(471))
print("a call of x32", error(0x40000000 + 39))
""",
        "/tmp",
    )
    assert ended.stderr == ""
    assert dict(line.rsplit(" ", 1) for line in ended.stdout.splitlines()) == {
        "ptrace": "EPERM", "io_uring_setup": "EPERM", "keyctl": "EPERM", "unshare": "EPERM",
        "clone with a namespace": "EPERM", "clone3": "ENOSYS", "fifo": "EPERM", "inet": "EACCES", "netlink": "EACCES",
        "prlimit of the parent": "EPERM", "truncate by name": "EPERM", "terminal": "EPERM", "a call of the future": "ENOSYS",
        "a call of x32": "ENOSYS",
    }  # fmt: skip


def test_what_computing_needs_works(run_script: Run, tmp_path: Path) -> None:
    ended = run_script(
        FILTERED
        + """
import resource, subprocess, tempfile
one, other = socket.socketpair()
one.send(b"x")
thread = threading.Thread(target=lambda: print("thread", other.recv(1), flush=True))
thread.start(); thread.join()
if os.fork() == 0:
    print("fork", flush=True)
    os._exit(0)
os.wait()
print("program", subprocess.run(["/bin/echo", "ran"], capture_output=True).stdout)
print("own limit", resource.prlimit(0, resource.RLIMIT_NOFILE)[0] > 0)
with open(sys.argv[1] + "/file", "w+") as file:
    file.truncate(10)
os.remove(sys.argv[1] + "/file")
with tempfile.NamedTemporaryFile(dir=sys.argv[1]) as file:
    file.write(b"x")
print("file", os.listdir(sys.argv[1]))
""",
        str(tmp_path),
    )
    assert ended.stdout.splitlines() == [
        "thread b'x'", "fork", "program b'ran\\n'", "own limit True", "file []",
    ], ended.stderr  # fmt: skip


def test_a_change_of_a_file_s_mode_is_only_said_to_have_happened(run_script: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    file.chmod(0o600)
    before = file.stat()
    ended = run_script(
        FILTERED + "os.chmod(sys.argv[1], 0o777); os.utime(sys.argv[1], (0, 0)); os.chown(sys.argv[1], 1, 1)",
        str(file),
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    after = file.stat()
    assert (after.st_mode, after.st_mtime, after.st_uid) == (before.st_mode, before.st_mtime, before.st_uid)


def test_the_old_way_of_system_calls_ends_the_process(run_script: Run) -> None:
    script = """
import mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))  # getpid of 32 bits
address = ctypes.addressof(ctypes.c_char.from_buffer(code))
ctypes.CFUNCTYPE(ctypes.c_int)(address)()
print("went on")
"""
    ended = run_script(FILTERED + script)
    assert ended.returncode < 0
    assert ended.stdout == ""


def test_no_jump_leads_out_of_the_program() -> None:
    program = worker_program()
    for place, (code, if_true, if_false, value) in enumerate(program):
        if code & 0x07 == 0x05:
            jumps = [value] if code == 0x05 else [if_true, if_false]
            assert all(place + 1 + jump < len(program) for jump in jumps)
