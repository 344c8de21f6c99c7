"""Each limit ends the worker with all that it started, and what it printed last is kept."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.execution.limits import GIB, MIB, Limits

Watch = Callable[..., Any]
IsGone = Callable[[int], bool]

HEAD = """
import mmap, os, signal, sys, threading, time
def daemon(stopped=False):
    # Out of the session, an orphan, deaf to every signal that can be ignored.
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            os.write(writer, str(os.getpid()).encode())
            if stopped:
                os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(600)
        os._exit(0)
    os.wait()
    return int(os.read(reader, 100))
def in_child(work):
    if os.fork() == 0:
        work()
        os._exit(0)
def burn(seconds=600):
    while time.process_time() < seconds: pass
print(daemon(), daemon(stopped=True), os.getpid(), flush=True)
"""

EXCESSES = {
    "one process takes memory": (
        "kept = b'x' * (300 << 20); time.sleep(600)", Limits(memory_bytes=200 * MIB), "memory_limit",
    ),
    "processes take memory together": (
        "for _ in range(4): in_child(lambda: (b'x' * (80 << 20), time.sleep(600)) and None)\ntime.sleep(600)",
        Limits(memory_bytes=200 * MIB), "memory_limit",
    ),
    "memory that is shared": (
        "shared = mmap.mmap(-1, 300 << 20)\nfor place in range(0, 300 << 20, 4096): shared[place] = 1\ntime.sleep(600)",
        Limits(memory_bytes=200 * MIB), "memory_limit",
    ),
    "memory that is a file and never mapped": (
        "file = os.memfd_create('m')\nfor _ in range(300): os.write(file, b'x' * (1 << 20))\ntime.sleep(600)",
        Limits(memory_bytes=200 * MIB), "memory_limit",
    ),
    "too many processes": (
        "for _ in range(40): in_child(lambda: time.sleep(600))\ntime.sleep(600)",
        Limits(processes=32), "process_limit",
    ),
    "too many threads": (
        "for _ in range(40): threading.Thread(target=time.sleep, args=(600,)).start()",
        Limits(processes=32), "process_limit",
    ),
    "processes that make processes": (
        "for _ in range(9): os.fork()\ntime.sleep(600)", Limits(processes=64), "process_limit",
    ),
    "processor time of one": ("burn()", Limits(cpu_seconds=1), "cpu_limit"),
    "processor time of several": (
        "for _ in range(4): in_child(burn)\ntime.sleep(600)", Limits(cpu_seconds=1), "cpu_limit",
    ),
    "processor time of many short ones": (
        "while True:\n    in_child(lambda: burn(0.05))\n    os.wait()", Limits(cpu_seconds=1), "cpu_limit",
    ),
    "one long file": (
        "file = open('long', 'wb')\nfor _ in range(30): file.write(b'x' * MIB); file.flush()\ntime.sleep(600)",
        Limits(disk_bytes=20 * MIB), "disk_limit",
    ),
    "many files in folders": (
        "for n in range(30): os.mkdir(f'{n}'); open(f'{n}/file', 'wb').write(b'x' * MIB)\ntime.sleep(600)",
        Limits(disk_bytes=20 * MIB), "disk_limit",
    ),
    "a deleted file": (
        "file = open('gone', 'wb', 0); os.unlink('gone')\nfor _ in range(30): file.write(b'x' * MIB)\ntime.sleep(600)",
        Limits(disk_bytes=20 * MIB), "disk_limit",
    ),
    "folders nested without end": (
        "for _ in range(2000): os.mkdir('d'); os.chdir('d')\ntime.sleep(600)", Limits(), "disk_limit",
    ),
    "a flood of output": (
        "while True: print('x' * 4096)", Limits(output_bytes=8 * MIB, kept_output_bytes=10 * MIB), "output_limit",
    ),
    "wall time": ("time.sleep(600)", Limits(wall_seconds=1), "wall_limit"),
}  # fmt: skip


@pytest.mark.parametrize("excess", EXCESSES)
def test_a_limit_ends_the_whole_tree_and_the_output_is_kept(
    watch: Watch, is_gone: IsGone, excess: str
) -> None:
    script, limits, stopped_for = EXCESSES[excess]
    watched = watch(f"{HEAD}\nMIB = 1 << 20\n{script}", limits)
    assert watched.ending.stopped_for == stopped_for
    assert watched.ending.survivors == 0
    first_line = watched.ending.output_tail.partition("\n")[0]
    assert len(first_line.split()) == 3
    assert all(is_gone(int(pid)) for pid in first_line.split())


@pytest.mark.parametrize(
    ("script", "limits"),
    [
        (
            "kept = b'x' * (100 << 20)\nfor _ in range(4): in_child(lambda: time.sleep(1))\nfor _ in range(4): os.wait()",
            Limits(memory_bytes=250 * MIB),
        ),
        (
            "data = open('data', 'wb+')\nfor _ in range(80): data.write(b'x' * MIB)\ndata.flush()\n"
            "view = mmap.mmap(data.fileno(), 80 << 20, prot=mmap.PROT_READ)\n"
            "for place in range(0, 80 << 20, 4096): view[place]\ntime.sleep(1)",
            Limits(memory_bytes=64 * MIB),
        ),
        ("open('sparse', 'wb').truncate(1 << 30); time.sleep(0.5)", Limits(disk_bytes=20 * MIB)),
        (
            "for _ in range(50):\n    open('file', 'wb').write(b'x' * MIB)\n    os.unlink('file')\ntime.sleep(0.3)",
            Limits(disk_bytes=20 * MIB),
        ),
        (
            "for _ in range(60): in_child(lambda: None); os.wait()\ntime.sleep(0.3)",
            Limits(processes=16),
        ),
    ],
    ids=[
        "pages that forks share",
        "pages of a mapped file",
        "holes of a file",
        "files one after another",
        "processes one after another",
    ],
)  # fmt: skip
def test_what_is_not_used_at_once_is_within_the_limit(watch: Watch, script: str, limits: Limits) -> None:
    watched = watch(f"{HEAD}\nMIB = 1 << 20\n{script}", limits)
    assert (watched.ending.exit_code, watched.ending.stopped_for) == (0, None), watched.output


def test_files_written_just_before_the_end_count(watch: Watch) -> None:
    watched = watch("open('late', 'wb').write(b'x' * (30 << 20))", Limits(disk_bytes=20 * MIB))
    assert watched.ending.stopped_for == "disk_limit"
    assert watched.ending.most.disk_bytes > 20 * MIB


def test_the_most_that_was_used_is_told(watch: Watch) -> None:
    script = "kept = b'x' * (64 << 20); open('file', 'wb').write(b'x' * (8 << 20)); threading.Thread(target=burn, args=(0.5,)).start()"
    most = watch(f"{HEAD}\n{script}").ending.most
    assert 64 * MIB <= most.memory_bytes < 150 * MIB
    assert 8 * MIB <= most.disk_bytes < 9 * MIB
    assert most.processes == 4
    assert 0.4 < most.cpu_seconds < 5


@pytest.mark.parametrize("alone", [False, True], ids=["in one group", "each in a session of its own"])
def test_a_bomb_is_over_within_five_seconds(watch: Watch, alone: bool) -> None:
    # 2**9 processes, so that a failure of this test leaves something to work with.
    script = f"""
import os, time
for _ in range(9):
    if os.fork() == 0 and {alone}: os.setsid()
end = time.monotonic() + 20
while time.monotonic() < end: pass
"""
    started = time.monotonic()
    watched = watch(script, Limits(processes=100))
    assert watched.ending.stopped_for == "process_limit"
    assert watched.ending.survivors == 0
    assert time.monotonic() - started < 5 + 5


def test_the_limits_of_this_machine_let_a_training_run() -> None:
    limits = Limits()
    assert limits.memory_bytes >= GIB
    assert limits.disk_bytes >= GIB
    assert limits.processes >= 256
    assert (limits.wall_seconds, limits.cpu_seconds) == (None, None)
