"""Landlock: a process gives up, for itself and its children, all files but those it names.

Each version of the kernel's interface (ABI) knows more rights, and refuses a rule set with rights that it does not know.
It covers the calling thread and what that starts: it must be set before there is a second thread.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from trainstore.execution.sandbox.system import system_call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_ABI = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REGULAR = 16, 32, 128, 256
_MAKE_SOCKET, _MAKE_FIFO, _REFER, _TRUNCATE, _DEVICE_CONTROL = 512, 1024, 8192, 16384, 32768

_ALL_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_ALL_RIGHTS_SINCE_5 = (1 << 16) - 1
_TCP_BIND_AND_CONNECT = 3
_ABSTRACT_SOCKETS_AND_SIGNALS = 3
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_CONTROL

ABI_WITH_SIGNALS = 6

READ = _EXECUTE | _READ_FILE | _READ_DIR
# No links: a parent that opens a result by name must not be led elsewhere. No device nodes either.
WRITE = (
    READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REGULAR | _MAKE_SOCKET | _MAKE_FIFO
    | _REFER | _TRUNCATE
)  # fmt: skip
USE_DEVICE = _READ_FILE | _WRITE_FILE | _DEVICE_CONTROL


def landlock_abi() -> int:
    """The version of the kernel's interface, from 1.

    Raises:
        OSError: the kernel has no Landlock, it is switched off, or a filter denies asking.
    """
    return system_call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_ABI), what="landlock")


def restrict(rules: Iterable[tuple[str, int]]) -> int:
    """Leave this process and its children no files but those beneath the rules' paths; return the ABI in use.

    It also takes TCP (ABI 4), and abstract sockets and signals to processes outside (ABI 6).

    Args:
        rules: paths with `READ`, `WRITE` or `USE_DEVICE`; a path that is not there is passed over.

    Raises:
        OSError: the kernel refused; nothing is restricted then.
    """
    abi = landlock_abi()
    handled = _ALL_RIGHTS.get(abi, _ALL_RIGHTS_SINCE_5)
    attributes = struct.pack("=Q", handled)
    if abi >= 4:
        attributes += struct.pack("=Q", _TCP_BIND_AND_CONNECT)
    if abi >= ABI_WITH_SIGNALS:
        attributes += struct.pack("=Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    ruleset = system_call(
        _CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0), what="landlock"
    )
    try:
        for path, rights in rules:
            _allow(ruleset, path, rights & handled)
        system_call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0), what="landlock")
    finally:
        os.close(ruleset)
    return abi


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, opened)
        system_call(
            _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0),
            what=f"landlock rule for {path}",
        )  # fmt: skip
    finally:
        os.close(opened)
