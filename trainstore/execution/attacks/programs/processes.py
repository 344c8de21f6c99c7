"""Attacks on other processes of the same user: their secrets, their memory, their lives."""

import ctypes
import os
import resource
import signal
import time
from pathlib import Path

from trainstore.execution.attacks.programs.attempt import Bait, call

_ATTACH, _DETACH, _PEEK = 16, 17, 2


class _Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def read_environment(bait: Bait) -> None:
    print({name: value for name, value in os.environ.items() if name == bait["variable"]})


def read_other_environment(bait: Bait) -> None:
    print(Path(f"/proc/{bait['victim']}/environ").read_bytes().replace(b"\0", b"\n").decode())


def read_other_command_line(bait: Bait) -> None:
    print(Path(f"/proc/{bait['victim']}/cmdline").read_bytes().replace(b"\0", b" ").decode())


def read_memory_file(bait: Bait) -> None:
    with open(f"/proc/{bait['victim']}/mem", "rb", buffering=0) as memory:
        memory.seek(bait["address"])
        print(memory.read(bait["length"]).decode())


def read_memory_by_call(bait: Bait) -> None:
    found = ctypes.create_string_buffer(bait["length"])
    here = _Piece(ctypes.addressof(found), bait["length"])
    there = _Piece(bait["address"], bait["length"])
    call("process_vm_readv", bait["victim"], ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    print(found.raw.decode())


def trace(bait: Bait) -> None:
    victim = bait["victim"]
    call("ptrace", _ATTACH, victim, None, None)
    try:
        os.waitpid(victim, 0)
        words = range(bait["address"], bait["address"] + bait["length"], 8)
        peeked = [call("ptrace", _PEEK, victim, ctypes.c_void_p(word), None) for word in words]
        print(b"".join(word.to_bytes(8, "little", signed=True) for word in peeked).decode())
    finally:
        call("ptrace", _DETACH, victim, None, None)


def kill_other(bait: Bait) -> None:
    os.kill(bait["mortal"], signal.SIGKILL)


def limit_other(bait: Bait) -> None:
    resource.prlimit(bait["victim"], resource.RLIMIT_CORE, (0, 0))


def pin_other(bait: Bait) -> None:
    os.sched_setaffinity(bait["victim"], {bait["processor"]})


def slow_other(bait: Bait) -> None:
    os.setpriority(os.PRIO_PROCESS, bait["victim"], 19)


def kill_supervisor(bait: Bait) -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(0.5)
