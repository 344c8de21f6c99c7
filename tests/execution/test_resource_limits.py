"""Limits that the system keeps, each in a process of its own."""

import json
import subprocess
import sys
from typing import Any

import pytest

from trainstore.execution.limits import MIB

HEAD = """
import json, mmap, os, resource, subprocess, sys
from trainstore.execution.limits import Limits
from trainstore.execution.resource_limits import set_resource_limits
def limit(counted_alone=False, **fields):
    return set_resource_limits(Limits(**fields), counted_alone)
def found(*names):
    return {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in names}
"""


def run(script: str) -> Any:
    """What the script prints, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_limit_is_set_and_holds_for_children() -> None:
    script = """
(layer, _) = limit(cpu_seconds=2.5, memory_bytes=1 << 30, open_files=100, disk_bytes=1 << 20)
assert layer.active, layer
names = ["CORE", "CPU", "FSIZE", "NOFILE"] + (["MSGQUEUE"] if hasattr(resource, "RLIMIT_MSGQUEUE") else [])
print(json.dumps(found(*names)))
"""
    limits = run(script)
    assert limits.pop("MSGQUEUE", [0, 0]) == [0, 0]
    assert limits == {
        "CORE": [0, 0], "CPU": [4, 6], "FSIZE": [MIB, MIB], "NOFILE": [100, 100],
    }  # fmt: skip
    inherited = "limit(open_files=100)\nsys.stdout.flush()\nos.execvp('sh', ['sh', '-c', 'ulimit -n'])"
    assert run(inherited) == 100


def test_a_hard_limit_that_is_lower_stays() -> None:
    script = """
for name in ("NOFILE", "MEMLOCK"):
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (64, 64))
(layer, _) = limit()
print(json.dumps([layer.active, found("NOFILE", "MEMLOCK")]))
"""
    assert run(script) == [True, {"NOFILE": [64, 64], "MEMLOCK": [64, 64]}]


@pytest.mark.parametrize("counted_alone", [True, False])
def test_processes_are_limited_only_where_nobody_elses_count(counted_alone: bool) -> None:
    script = f"""
before = found("NPROC")
layer = limit(counted_alone={counted_alone}, processes=100)[1]
print(json.dumps([layer.name, layer.active, found("NPROC")["NPROC"][0], before["NPROC"][0]]))
"""
    name, active, now, before = run(script)
    assert (name, active) == ("process_count", counted_alone)
    assert now == (min(125, before) if counted_alone and before >= 0 else 125 if counted_alone else before)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limit does not count mapped memory")
def test_what_is_reserved_may_be_large_and_what_is_asked_for_may_not() -> None:
    script = """
import ctypes
limit(memory_bytes=1 << 30)
library = ctypes.CDLL(None, use_errno=True)
library.mmap.restype = ctypes.c_void_p
library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
# PROT_NONE, private, anonymous and without reserve, as accelerators' libraries do it.
reserved = library.mmap(None, 200 << 30, 0, 0x4022, -1, 0)
kept = bytearray(1 << 30)
try:
    bytearray(3 << 30)
except MemoryError:
    print(json.dumps(reserved != ctypes.c_void_p(-1).value))
"""
    assert run(script) is True


@pytest.mark.parametrize(
    ("body", "number"),
    [("open('f', 'wb', 0).write(b'x' * (2 << 20)); open('f', 'ab', 0).write(b'x')", "EFBIG"),
     ("kept = [open('/dev/null') for _ in range(200)]", "EMFILE")],
)  # fmt: skip
def test_passing_a_limit_is_an_error_that_can_be_told(body: str, number: str) -> None:
    script = f"""
import errno, tempfile
os.chdir(tempfile.mkdtemp())
limit(open_files=100, disk_bytes=1 << 20)
try:
    {body}
except OSError as error:
    print(json.dumps(errno.errorcode[error.errno]))
"""
    assert run(script) == number


def test_the_names_are_reported() -> None:
    done = run("print(json.dumps([layer.name for layer in limit()]))")
    assert done == ["resource_limits", "process_count"]
