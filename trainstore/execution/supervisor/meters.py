"""What the descendants of this process use: memory, threads and processor time, as the system counts them."""

import os
import re
import resource
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from trainstore.execution.supervisor.orders import Usage
from trainstore.execution.supervisor.proc_files import read_proc, seen_by_its_user

# A measurement that is not cheap is repeated so seldom that it takes this share of a processor.
_SHARE = 0.01
_LONGEST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_NEAR_THE_LIMIT = 0.4  # memory may grow on meanwhile

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Pages of files do not count: the system can take them back, and a large data set may be mapped.
_STATUS_LINE = re.compile(rb"^(RssAnon|RssShmem|VmSwap|Threads):\s+(\d+)", re.MULTILINE)
_KILLS_LINE = re.compile(rb"^oom_kill (\d+)", re.MULTILINE)
_ROLLUP_LINE = re.compile(rb"^(?:Pss_Anon|Pss_Shmem|SwapPss):\s+(\d+)", re.MULTILINE)


class Pace:
    """Says when something of changing cost may be done again, at the latest after some seconds."""

    def __init__(self, longest_pause: float = _LONGEST_PAUSE_SECONDS) -> None:
        self._longest_pause = longest_pause
        self._due = 0.0

    def is_due(self) -> bool:
        return time.monotonic() >= self._due

    def took(self, seconds: float) -> None:
        self._due = time.monotonic() + min(seconds / _SHARE, self._longest_pause)


@dataclass(frozen=True)
class _Sample:
    cpu_seconds: float
    resident_bytes: int
    threads: int


class TreeMeter:
    """Measures processes, cheaply enough to do it ten times a second."""

    def __init__(self, memory_limit: int) -> None:
        self._memory_limit = memory_limit
        self._pace = Pace(_LONGEST_PAUSE_NEAR_THE_LIMIT)
        self._proportional: int | None = None

    def measure(self, pids: Iterable[int]) -> Usage:
        """Return the use of these processes; the processor time includes that of children that have ended."""
        samples = {pid: sample for pid in pids if (sample := _sample(pid))}
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return Usage(
            cpu_seconds=ended.ru_utime + ended.ru_stime + sum(s.cpu_seconds for s in samples.values()),
            memory_bytes=self._memory(samples),
            processes=sum(sample.threads for sample in samples.values()),
        )

    def _memory(self, samples: dict[int, _Sample]) -> int:
        """What is resident counts shared pages more than once, so it is exact enough while it is below the limit.

        To count them once, the system walks through all the pages.
        """
        resident = sum(sample.resident_bytes for sample in samples.values())
        if resident <= self._memory_limit:
            self._proportional = None
            return resident
        if self._proportional is None or self._pace.is_due():
            started = time.monotonic()
            self._proportional = sum(
                _proportional_bytes(pid, sample.resident_bytes) for pid, sample in samples.items()
            )
            self._pace.took(time.monotonic() - started)
        return self._proportional


def count_system_kills() -> int | None:
    """Processes that the system has ended so far for want of memory; None where it does not say."""
    with suppress(OSError):
        if found := _KILLS_LINE.search(read_proc("/proc/vmstat")):
            return int(found[1])
    return None


def _sample(pid: int) -> _Sample | None:
    """None for a process that is gone."""
    if sys.platform != "linux":
        return _portable_sample(pid)
    try:
        stat = read_proc(f"/proc/{pid}/stat")
        status = read_proc(f"/proc/{pid}/status")
    except OSError:
        return None
    # The name of the program, in parentheses, may hold anything.
    ticks = sum(map(int, stat.rpartition(b")")[2].split()[11:15]))  # with those of children it waited for
    sizes = {name: int(size) for name, size in _STATUS_LINE.findall(status)}
    return _Sample(
        cpu_seconds=ticks / _TICKS_PER_SECOND,
        resident_bytes=sum(sizes.get(name, 0) for name in (b"RssAnon", b"RssShmem", b"VmSwap")) << 10,
        threads=sizes.get(b"Threads", 1),
    )


def _portable_sample(pid: int) -> _Sample | None:
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            times = process.cpu_times()
            return _Sample(times.user + times.system, process.memory_info().rss, process.num_threads())
    except psutil.Error:
        return None


def _proportional_bytes(pid: int, resident_bytes: int) -> int:
    """Each page divided by the processes that share it; ``resident_bytes`` where that is not known."""
    try:
        with seen_by_its_user(pid):
            sizes = _ROLLUP_LINE.findall(read_proc(f"/proc/{pid}/smaps_rollup"))
    except OSError:
        return resident_bytes
    return sum(int(size) << 10 for size in sizes) if sizes else resident_bytes
