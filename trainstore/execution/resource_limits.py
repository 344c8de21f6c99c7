"""Limits that the system itself holds each process to. They bound what happens between two measurements."""

import math
import os
import resource

from trainstore.execution.limits import GIB, MIB, Limits
from trainstore.execution.sandbox.levels import Layer

_CPU_GRACE_SECONDS = 2  # from the signal that can be caught to the one that cannot
_LOCKED_BYTES = 64 * MIB
# Stacks of threads, and what libraries ask for and never touch.
_UNTOUCHED_BYTES = GIB
# Where these are, a driver maps many times the memory that it uses.
_ACCELERATORS = ("/dev/nvidiactl", "/dev/kfd")


def set_resource_limits(limits: Limits, counted_alone: bool) -> list[Layer]:
    """Limit this process and all that it starts, for good.

    Args:
        limits: of the whole tree; those on memory, processes and time lie somewhat higher here, so that it is the
            supervisor that ends a worker, with a reason.
        counted_alone: whether no process of somebody else counts as this user's: it has a user id or a user
            namespace of its own, and is not the superuser, whose processes are not counted.
    """
    wanted = {
        "CORE": (0, 0),
        "MSGQUEUE": (0, 0),  # outlives the process, and counts nowhere
        "MEMLOCK": (_LOCKED_BYTES, _LOCKED_BYTES),
        "NOFILE": (limits.open_files, limits.open_files),
        "FSIZE": (limits.disk_bytes, limits.disk_bytes),
    }
    if limits.cpu_seconds is not None:
        seconds = math.ceil(limits.cpu_seconds) + 1
        wanted["CPU"] = (seconds, seconds + _CPU_GRACE_SECONDS)
    if not any(map(os.path.exists, _ACCELERATORS)):
        # Not AS: it would count what is only reserved, and libraries reserve more than there is.
        wanted["DATA"] = (limits.memory_bytes + _UNTOUCHED_BYTES,) * 2
    if counted_alone:
        wanted["NPROC"] = (limits.processes + limits.processes // 4,) * 2
    refused = [name for name, values in wanted.items() if not _set(name, *values)]
    why = f"not set: {', '.join(refused)}" if refused else ""
    layers = [Layer("resource_limits", not refused, why)]
    if not counted_alone:
        why = "the system counts all processes of this user together, or does not count them"
        return [*layers, Layer("process_count", False, why)]
    return [*layers, Layer("process_count", "NPROC" not in refused)]


def _set(name: str, soft: int, hard: int) -> bool:
    """Lower a limit, or raise it as far as the hard limit found allows; False if the system does not have it."""
    kind = getattr(resource, f"RLIMIT_{name}", None)
    if kind is None:
        return False
    _, found = resource.getrlimit(kind)
    if found != resource.RLIM_INFINITY:
        soft, hard = min(soft, found), min(hard, found)
    try:
        resource.setrlimit(kind, (soft, hard))
    except (OSError, ValueError):
        return False
    return True
