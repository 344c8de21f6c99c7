"""A filter of system calls: a classic BPF program that the kernel runs before each call."""

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterable

from trainstore.execution.sandbox import syscalls_x86_64 as x86_64
from trainstore.execution.sandbox.system import system_call

_SECCOMP = 317  # on x86-64
_SET_FILTER, _IS_AVAILABLE, _ON_ALL_THREADS = 1, 2, 1

_ALLOW, _KILL_PROCESS, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _IF_EQUAL, _IF_ABOVE, _IF_ANY_BIT, _JUMP, _ANSWER = 0x20, 0x15, 0x25, 0x45, 0x05, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24  # offsets of what the kernel shows

_NEW_NAMESPACE = 0x7E020080  # every CLONE_NEW…
_PUT_INTO_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_UNIX = 1

Program = list[tuple[int, int, int, int]]  # code, jump if true, jump if false, value


def check_filter() -> None:
    """Ask whether this kernel filters system calls, and whether those of this processor are known; raises OSError."""
    if os.uname().machine == "x86_64" and sys.maxsize > 1 << 32:
        failing = struct.pack("=I", _FAIL)
        system_call(_SECCOMP, ctypes.c_uint(_IS_AVAILABLE), ctypes.c_uint(0), failing, what="seccomp")
        return
    raise OSError(errno.ENOSYS, f"the numbers of the system calls are not known for {os.uname().machine}")


def install_filter(program: Program) -> None:
    """Filter the calls of this process and its children for good; needs ``no_new_privs``.

    Raises:
        OSError: the kernel refused.
    """
    instructions = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    held = ctypes.create_string_buffer(instructions, len(instructions))
    head = struct.pack("@HP", len(program), ctypes.addressof(held))
    system_call(_SECCOMP, ctypes.c_uint(_SET_FILTER), ctypes.c_uint(_ON_ALL_THREADS), head, what="seccomp")


def worker_program() -> Program:
    """The filter of a worker: all is allowed but what reaches out of a process that computes.

    ``connect`` stays allowed, as data loaders need it between their own processes.
    """
    return [
        *_only_architecture(x86_64.ARCHITECTURE),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_ABOVE, 0, 1, x86_64.HIGHEST_KNOWN),
        _fail(errno.ENOSYS),
        *answer_to(x86_64.DENIED.values(), errno.EPERM),
        *answer_to(x86_64.WITHOUT_EFFECT.values(), 0),
        # The C library then calls clone, whose flags a filter can read.
        *answer_to([x86_64.CLONE3], errno.ENOSYS),
        *_when(x86_64.CLONE, _FIRST_ARGUMENT, [(_IF_ANY_BIT, 0, 1, _NEW_NAMESPACE), _fail(errno.EPERM)]),
        *_when(x86_64.SOCKET, _FIRST_ARGUMENT, [(_IF_EQUAL, 1, 0, _UNIX), _fail(errno.EACCES)]),
        *_when(x86_64.SOCKETPAIR, _FIRST_ARGUMENT, [(_IF_EQUAL, 1, 0, _UNIX), _fail(errno.EACCES)]),
        *_when(x86_64.PRLIMIT64, _FIRST_ARGUMENT, [(_IF_EQUAL, 1, 0, 0), _fail(errno.EPERM)]),
        *_when(x86_64.IOCTL, _SECOND_ARGUMENT, [
            instruction
            for request in _PUT_INTO_TERMINAL
            for instruction in ((_IF_EQUAL, 0, 1, request), _fail(errno.EPERM))
        ]),
        (_ANSWER, 0, 0, _ALLOW),
    ]  # fmt: skip


def answer_to(numbers: Iterable[int], error: int) -> Program:
    """Let calls fail with an error number; with 0 they succeed without having done anything."""
    listed = sorted(numbers)
    tests = [(_IF_EQUAL, len(listed) - place, 0, number) for place, number in enumerate(listed)]
    return [*tests, (_JUMP, 0, 0, 1), _fail(error)]


def _when(number: int, argument: int, judged: Program) -> Program:
    """Run instructions on the low half of an argument of one call, then let it pass."""
    return [
        (_IF_EQUAL, 0, len(judged) + 2, number),
        (_LOAD, 0, 0, argument if sys.byteorder == "little" else argument + 4),
        *judged,
        (_ANSWER, 0, 0, _ALLOW),
    ]


def _only_architecture(architecture: int) -> Program:
    return [(_LOAD, 0, 0, _ARCHITECTURE), (_IF_EQUAL, 1, 0, architecture), (_ANSWER, 0, 0, _KILL_PROCESS)]


def _fail(error: int) -> tuple[int, int, int, int]:
    return (_ANSWER, 0, 0, _FAIL | error)
