"""Whom a worker runs as: another user where that can be, and without capabilities."""

import os
import struct
from collections.abc import Sequence
from pathlib import Path

from trainstore.execution.sandbox.system import (
    DROP_FROM_BOUNDING_SET,
    SET_DUMPABLE,
    process_control,
    set_capabilities,
)

_CAPABILITY_VERSION_3 = 0x20080522
_AMBIENT, _CLEAR_ALL = 47, 4

CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID, SYS_ADMIN = 0, 1, 5, 6, 7, 21

_FIRST_UNUSED = 1_900_000_000  # above what distributions, containers and directory services give out
_UNUSED = 1 << 24


def capabilities() -> set[int]:
    """The numbers of the capabilities that this process can use."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    bits = int(status.partition("CapEff:")[2].split()[0], 16)
    return {number for number in range(64) if bits >> number & 1}


def unused_user() -> int | None:
    """A user id that nothing else runs as; None where there is none to be had, as in some containers."""
    ranges = [list(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    first, count = max(((inside, count) for inside, _, count in ranges), key=lambda one: one[0] + one[1])
    last = first + count - 1
    offset = int.from_bytes(os.urandom(3), "little")
    if last >= _FIRST_UNUSED + _UNUSED:
        return _FIRST_UNUSED + offset
    # A container with few users: the upper half of what it has, below `nobody`.
    spare = min(last, 65_533) - 32_768
    return 32_768 + offset % spare if spare > 1_000 else None


def become(user: int, groups: Sequence[int]) -> None:
    """Change to a user for good; the group of the same number, and those given. Raises OSError."""
    os.setgroups(list(groups))
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    # A change of user closes a process to all but a root that may trace, and the supervisor has to look into it.
    process_control(SET_DUMPABLE, 1, what="dumpable")


def drop_capabilities() -> None:
    """Give up every capability, and the right to get one back. Raises OSError."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for number in range(last + 1):
        try:
            process_control(DROP_FROM_BOUNDING_SET, number, what="capability bounding set")
        except PermissionError:
            break  # without CAP_SETPCAP; no_new_privs keeps the bounding set from mattering
    process_control(_AMBIENT, _CLEAR_ALL, what="ambient capabilities")
    set_capabilities(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), struct.pack("=6I", *[0] * 6))
