"""How much room a worker's files take: in the job folder, deleted but still open, and in folders kept in memory."""

import errno
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

from trainstore.execution.limits import FILE_COUNT
from trainstore.execution.supervisor.meters import Pace
from trainstore.execution.supervisor.proc_files import read_proc, seen_by_its_user

_DEPTH = 100
_BLOCK = 512
_DELETED = " (deleted)"
_MEMORY_FILE = "/memfd:"
_ESCAPE = re.compile(rb"\\([0-7]{3})")
_IN_MEMORY = (b"tmpfs", b"ramfs")
_OUT_OF_REACH = (errno.EACCES, errno.ENAMETOOLONG)
_HAS_MEMORY = b"\nVmSize:"

FileId = tuple[int, int]


class Unmeasurable(Exception):
    """There are more files than can be measured, or some are where this process cannot look."""


class ScratchMeter:
    """Measures what was added to a folder since this was made, and what processes hold elsewhere.

    Args:
        folder: where they may write.
        bounded: whether the system itself bounds what their files take, so that one may be closed to a look.

    Attributes:
        on_disk: bytes in files of the folder, and in deleted files that are still open.
        in_memory: bytes in files that are memory. What is mapped of them counts as a process's memory once more.
    """

    def __init__(self, folder: str, bounded: bool = False) -> None:
        self._folder = folder
        self._bounded = bounded
        self._closed: set[int] = set()
        self._before = sum(_folder_sizes(folder).values())
        self._shared_mounts = {device for device, _ in _memory_mounts(os.getpid())}
        self._pace = Pace()
        self.on_disk = 0
        self.in_memory = 0

    def measure(self, pids: Sequence[int]) -> None:
        """Bring the attributes up to date, unless that was done a moment ago and takes long.

        Raises:
            TooManyFiles: there is no measuring it.
        """
        if not self._pace.is_due():
            return
        started = time.monotonic()
        self.measure_now(pids)
        self._pace.took(time.monotonic() - started)

    def measure_now(self, pids: Sequence[int]) -> None:
        """Bring the attributes up to date.

        Raises:
            TooManyFiles: there is no measuring it.
        """
        on_disk = _folder_sizes(self._folder)
        in_memory: dict[FileId, int] = {}
        private = self._private_mounts(pids)
        for pid in pids:
            for file, (size, is_memory) in self._deleted_files(pid).items():
                if file[0] not in private:
                    kind = in_memory if is_memory or file[0] in self._shared_mounts else on_disk
                    kind[file] = size
        self.on_disk = max(0, sum(on_disk.values()) - self._before)
        self.in_memory = sum(in_memory.values()) + sum(private.values())

    def _deleted_files(self, pid: int) -> dict[FileId, tuple[int, bool]]:
        """See below. A process that is closed when it is looked at twice hides its files; once, it may be ending."""
        try:
            found = _deleted_files(pid)
        except PermissionError:
            if not self._bounded and _has_memory(pid):
                if pid in self._closed:
                    raise Unmeasurable from None
                self._closed.add(pid)
            return {}
        self._closed.discard(pid)
        return found

    def _private_mounts(self, pids: Sequence[int]) -> dict[int, int]:
        """Bytes in the file systems in memory that only the worker sees, by device."""
        sizes: dict[int, int] = {}
        for pid in _one_of_each_namespace(pids):
            for device, place in _memory_mounts(pid):
                if device in self._shared_mounts or device in sizes:
                    continue
                with suppress(OSError):
                    system = os.statvfs(f"/proc/{pid}/root{place}")
                    if system.f_files - system.f_ffree > FILE_COUNT:
                        raise Unmeasurable
                    sizes[device] = (system.f_blocks - system.f_bfree) * system.f_frsize
        return sizes


def _folder_sizes(folder: str) -> dict[FileId, int]:
    sizes: dict[FileId, int] = {}
    folders = [(folder, 0)]
    for path, depth in folders:
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        found = entry.stat(follow_symlinks=False)
                        sizes[found.st_dev, found.st_ino] = found.st_blocks * _BLOCK
                        if entry.is_dir(follow_symlinks=False):
                            folders.append((entry.path, depth + 1))
        except OSError as error:  # else it is gone, or no folder any more
            if error.errno in _OUT_OF_REACH:
                raise Unmeasurable from error
        if len(sizes) > FILE_COUNT or depth > _DEPTH:
            raise Unmeasurable
    return sizes


def _deleted_files(pid: int) -> dict[FileId, tuple[int, bool]]:
    """Size of each file without a name that a process has open, and whether it never had one: then it is memory.

    Raises:
        PermissionError: the process does not show its files.
    """
    found: dict[FileId, tuple[int, bool]] = {}
    descriptors = f"/proc/{pid}/fd"
    with suppress(FileNotFoundError, ProcessLookupError), seen_by_its_user(pid):
        for name in os.listdir(descriptors):
            path = f"{descriptors}/{name}"
            with suppress(FileNotFoundError):
                target = os.readlink(path)
                if target.endswith(_DELETED):
                    file = os.stat(path)
                    found[file.st_dev, file.st_ino] = file.st_blocks * _BLOCK, target.startswith(_MEMORY_FILE)
    return found


def _has_memory(pid: int) -> bool:
    """Tell whether a process still computes: one that has ended, and was not buried yet, is closed to all but root."""
    with suppress(OSError):
        return _HAS_MEMORY in read_proc(f"/proc/{pid}/status")
    return False


def _one_of_each_namespace(pids: Sequence[int]) -> list[int]:
    seen: dict[str, int] = {}
    for pid in pids:
        with suppress(OSError):
            seen.setdefault(os.readlink(f"/proc/{pid}/ns/mnt"), pid)
    return list(seen.values())


def _memory_mounts(pid: int) -> Iterator[tuple[int, str]]:
    """Device and place of each file system in memory that a process sees."""
    with suppress(OSError):
        for line in read_proc(f"/proc/{pid}/mountinfo").splitlines():
            mount, _, source = line.partition(b" - ")
            _, _, device, _, place = mount.split()[:5]
            if source.split()[0] in _IN_MEMORY:
                major, minor = map(int, device.split(b":"))
                yield os.makedev(major, minor), os.fsdecode(_ESCAPE.sub(_unescaped, place))


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 8)])
