"""What this machine lets a process have: memory, processors, room for files."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIPS = Path("/proc/self/cgroup")


def memory_bytes() -> int:
    """The physical memory, or the part of it that this process's control groups allow."""
    import psutil  # workers, which start often, do not ask

    return min([psutil.virtual_memory().total, *_cgroup_limits()])


def processors() -> int:
    """How many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_scratch_bytes() -> int:
    """The room where job folders are made."""
    return shutil.disk_usage(tempfile.gettempdir()).free


def _cgroup_limits() -> Iterator[int]:
    """Every limit above this process; a container sees its own group as the topmost."""
    try:
        memberships = _MEMBERSHIPS.read_text().splitlines()
    except OSError:
        return
    for membership in memberships:
        _, controllers, group = membership.split(":", 2)
        if controllers == "":
            mount, file = _CGROUPS, "memory.max"
        elif "memory" in controllers.split(","):
            mount, file = _CGROUPS / "memory", "memory.limit_in_bytes"
        else:
            continue
        path = PurePosixPath(group)
        for above in (path, *path.parents):
            try:
                text = (mount / str(above).lstrip("/") / file).read_text().strip()
            except OSError:  # a container's group may have a name that is not there in its own view
                continue
            if text.isdecimal():
                yield int(text)
