"""How much a worker may use, and how much of its report is believed to be sane."""

from dataclasses import dataclass, field

from trainstore import machine

MIB = 1 << 20
GIB = 1 << 30

FILE_COUNT = 200_000
REPORT_BYTES = 64 * MIB
METRIC_COUNT = 1_000
METRIC_NAME_LENGTH = 200
CURVE_POINTS = 100_000
ALL_CURVE_POINTS = 1_000_000
REPORT_VALUES = ALL_CURVE_POINTS + 100_000  # as they are counted before parsing
MESSAGE_LENGTH = 2_000
TRACEBACK_LENGTH = 16_000


def _share_of_memory() -> int:
    """Nine tenths: the system keeps enough to end the worker itself, instead of choosing a victim."""
    return machine.memory_bytes() // 10 * 9


def _share_of_disk() -> int:
    """Half of what is free: a checkpoint is written twice, here and into the cache."""
    return max(GIB, min(64 * GIB, machine.free_scratch_bytes() // 2))


def _enough_processes() -> int:
    """Libraries start a thread for each processor in each process; a bomb of this size does no harm."""
    return max(256, 32 * machine.processors())


@dataclass(frozen=True)
class Limits:
    """What ends a worker. All but ``open_files`` count for the worker and its descendants together.

    Attributes:
        wall_seconds: from the worker's start, its imports included; None for no limit.
        cpu_seconds: processor time; None for no limit.
        memory_bytes: memory in use, what is shared counted once, and files in scratch that are kept in memory.
        processes: processes and threads.
        open_files: of each process. Loaders that pass tensors between processes hold one for each tensor.
        disk_bytes: files in the scratch folders and the results; also the most that one file may have.
        output_bytes: printing more than this ends the worker.
        kept_output_bytes: how much of the end of the output is kept.
    """

    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    memory_bytes: int = field(default_factory=_share_of_memory)
    processes: int = field(default_factory=_enough_processes)
    open_files: int = 4_096
    disk_bytes: int = field(default_factory=_share_of_disk)
    output_bytes: int = 64 * MIB
    kept_output_bytes: int = 64 << 10
