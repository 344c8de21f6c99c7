"""Namespaces of a worker's own, where bubblewrap is missing: the process leaves those of its user by itself."""

import os
import signal
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from trainstore.execution.sandbox.identity import drop_capabilities
from trainstore.execution.sandbox.system import (
    SET_DUMPABLE,
    SET_PARENT_DEATH_SIGNAL,
    detach,
    mount,
    process_control,
    system_call,
    unshare,
)
from trainstore.execution.sandbox.tree import Step

_MOUNTS, _CGROUPS, _HOST_NAME, _IPC, _USERS, _PROCESSES, _NETWORK = (
    0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
_READ_ONLY, _NO_SET_USER, _NO_DEVICES, _NO_EXECUTION = 1, 2, 4, 8
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 32, 4096, 16384, 1 << 18
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_MOUNT_SETATTR, _THIS_FOLDER, _AT_RECURSIVE = 442, -100, 0x8000
_MOST_FILES = 100_000  # in each scratch
_STATUS = struct.Struct("=i")


def enter_namespaces(steps: Sequence[Step], user_namespace: bool, mount_point: str, folder: str) -> None:
    """Go on in namespaces of its own, as a child of this process, which waits and then ends as that ends.

    Process 1 of the new namespace is a third process, which does nothing but wait: a process 1 is deaf to signals,
    and what a data loader leaves behind comes to it. When it ends, all in the namespace end.

    Args:
        steps: the file tree that is seen afterwards.
        user_namespace: whether the others can only be had in a user namespace, in which nothing is gained.
        mount_point: an empty folder that no step needs.
        folder: the working folder afterwards.

    Raises:
        OSError: the system refused; the process is of no more use then.
    """
    users = _USERS if user_namespace else 0
    identity = os.getuid(), os.getgid()
    unshare(users | _MOUNTS | _HOST_NAME | _IPC | _PROCESSES | _NETWORK)
    with suppress(OSError):  # older kernels have none, and nothing rests on it
        unshare(_CGROUPS)
    if user_namespace:
        _keep_identity(*identity)
    reader, writer = os.pipe()
    if first := os.fork():
        _end_as(first, reader, writer)
    process_control(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, what="parent death signal")
    _build(steps, mount_point)
    os.chdir(folder)
    if worker := os.fork():
        _reap_until(worker, writer)
    os.close(reader)
    os.close(writer)


def _keep_identity(user: int, group: int) -> None:
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{user} {user} 1")
    (own / "gid_map").write_text(f"{group} {group} 1")


def _end_as(first: int, reader: int, writer: int) -> None:
    """Wait for process 1, then end with the exit status or by the signal of the worker."""
    process_control(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, what="parent death signal")
    _close_all_but(reader)
    told = os.read(reader, _STATUS.size)
    _, own = os.waitpid(first, 0)
    code = os.waitstatus_to_exitcode(_STATUS.unpack(told)[0] if told else own)
    if code < 0:
        with suppress(OSError, ValueError):  # SIGKILL has no handler
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(abs(code))


def _reap_until(worker: int, writer: int) -> None:
    """Be process 1: bury what is left to it, and end with the worker."""
    process_control(SET_DUMPABLE, 0, what="dumpable")  # the worker cannot look into it
    drop_capabilities()
    _close_all_but(writer)
    while True:
        ended, status = os.wait()
        if ended == worker:
            os.write(writer, _STATUS.pack(status))
            os._exit(0)


def _close_all_but(kept: int) -> None:
    os.closerange(3, kept)
    os.closerange(kept + 1, 1 << 16)


def _build(steps: Sequence[Step], mount_point: str) -> None:
    """Make a new root of the steps, and let go of the old one."""
    mask = os.umask(0)
    mount("none", "/", None, _RECURSIVE | _PRIVATE)
    mount("tmpfs", mount_point, "tmpfs", _NO_SET_USER | _NO_DEVICES, "size=1m,mode=0755")
    for step in steps:
        _take(step, mount_point + step.place)
    os.chdir(mount_point)
    number = _PIVOT_ROOT[os.uname().machine]
    system_call(number, b".", b".", what="pivot_root")
    detach(".")
    mount("none", "/", None, _REMOUNT | _BIND | _READ_ONLY | _NO_SET_USER | _NO_DEVICES)
    os.umask(mask)


def _take(step: Step, place: str) -> None:
    if step.kind == "link":
        os.symlink(step.source, place)
        return
    if not os.path.lexists(place):
        if step.is_folder:
            os.mkdir(place, step.mode)
        else:
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
    match step.kind:
        case "bind":
            mount(step.source, place, None, _BIND | _RECURSIVE)
            _make_read_only(place)
        case "device":
            mount(step.source, place, None, _BIND)
        case "scratch":
            options = f"size={step.size},nr_inodes={_MOST_FILES},mode={step.mode:o}"
            mount("tmpfs", place, "tmpfs", _NO_SET_USER | _NO_DEVICES, options)
        case "proc":
            mount("proc", place, "proc", _NO_SET_USER | _NO_DEVICES | _NO_EXECUTION)


def _make_read_only(place: str) -> None:
    """Also what is mounted below it, which an ordinary bind mount leaves as it is."""
    attributes = struct.pack("=4Q", _READ_ONLY | _NO_SET_USER | _NO_DEVICES, 0, 0, 0)
    system_call(
        _MOUNT_SETATTR, _THIS_FOLDER, os.fsencode(place), _AT_RECURSIVE, attributes, len(attributes),
        what=f"mount {place} read-only",
    )  # fmt: skip
