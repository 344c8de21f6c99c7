"""Attacks that take more than their share."""

from trainstore.execution.attacks.attack import Attack, Check, Seen
from trainstore.execution.attacks.catalogue.amounts import AMOUNTS
from trainstore.execution.attacks.evidence import MUCH, holds_memory, holds_tasks, outlives, prints
from trainstore.execution.limits import FILE_COUNT

_MEMORY = AMOUNTS["memory_mib"] << 20
_OUTPUT = AMOUNTS["output_mib"] << 20

_OUTCOMES = {
    "process_limit": "process_limit",
    "out_of_memory": "memory_limit",
    "disk_limit": "disk_limit",
    "output_limit": "output_limit",
    "timed_out": "wall_limit",
    "cpu_limit": "cpu_limit",
}
_TASKS = {**_OUTCOMES, "EAGAIN": "process_limit", "no thread": "process_limit"}
_MEMORY_SIGNS = {
    **_OUTCOMES,
    "MemoryError": "memory_limit",
    "ENOMEM": "memory_limit",
    "ENOSPC": "memory_limit",
    "a child failed": "memory_limit",
}
_DISK = {
    **_OUTCOMES,
    "ENOSPC": "disk_limit",
    "EFBIG": "disk_limit",
    "EDQUOT": "disk_limit",
    "EACCES": "landlock",
}


def _attack(name: str, tries: str, succeeded: Check, layer: str, **fields: object) -> Attack:
    every = (layer,)
    given = {"stops": _OUTCOMES, "weak": every, "partial": every, "strong": every, "alone": True, **fields}
    return Attack(name, "exhaustion", tries, succeeded, **given)  # type: ignore[arg-type]


def _by(*layers: str) -> dict[str, tuple[str, ...]]:
    """The same layers at every level, whichever is first."""
    return {"weak": layers, "partial": layers, "strong": layers}


def _disk_attack(name: str, tries: str, **fields: object) -> Attack:
    took = prints(f"took {AMOUNTS['disk_mib']} disk")
    return _attack(name, tries, took, "disk_limit", stops=_DISK, **fields)


def _memory_attack(name: str, tries: str, **fields: object) -> Attack:
    return _attack(name, tries, holds_memory(_MEMORY), "memory_limit", stops=_MEMORY_SIGNS, **fields)


def _task_attack(name: str, tries: str, **fields: object) -> Attack:
    return _attack(name, tries, holds_tasks(AMOUNTS["processes"]), "process_limit", stops=_TASKS, **fields)


def _floods(seen: Seen) -> bool:
    return len(seen.ran.output) > _OUTPUT // 2


def _gives_a_long_line(seen: Seen) -> bool:
    return seen.ran.longest_line > MUCH


def _gives_a_long_exception(seen: Seen) -> bool:
    return seen.ran.error_length > MUCH


_SHORT = {"wall_seconds": 8.0}

EXHAUSTION_ATTACKS = (
    _task_attack("fork-bomb", "Start processes without end.", **_by("process_limit", "memory_limit")),
    _task_attack("thread-bomb", "Start threads without end."),
    _memory_attack("private-memory", "Take memory without end."),
    _memory_attack("shared-memory", "Take shared memory without end."),
    _memory_attack(
        "files-in-memory", "Take memory as files without a name.", **_by("memory_limit", "disk_limit")
    ),
    _memory_attack("memory-of-many", "Take memory with several processes, each of them modest."),
    _disk_attack("one-big-file", "Write one file without end."),
    _disk_attack("many-files", "Write many files, each of them modest."),
    _disk_attack("deleted-files", "Write files that are deleted but open."),
    _disk_attack("files-in-deep-folders", "Write files in folders that no path leads to, so deep they are."),
    _disk_attack("files-in-a-closed-folder", "Write files in a folder that cannot be listed."),
    _disk_attack(
        "deleted-files-of-a-closed-process",
        "Write deleted files in a process that shows nobody what it has open.",
    ),
    _disk_attack(
        "fill-dev-shm",
        "Fill /dev/shm, which is memory.",
        weak=(),
        partial=(),
        why_open="/dev/shm is shared with other programs, and files there belong to no process",
    ),
    _attack(
        "many-files-without-content",
        f"Make {AMOUNTS['inodes']:,} empty files.",
        prints(f"took {AMOUNTS['inodes']} inodes"),
        "disk_limit",
        stops=_DISK,
        **_by(),
        why_open=f"empty files take no room; a run ends at {FILE_COUNT:,}",
    ),
    _attack(
        "endless-loop",
        "Use a processor without end.",
        prints("of a processor"),
        "cpu_limit",
        limits={"cpu_seconds": 6.0},
    ),
    _attack(
        "ignore-signals", "Ignore every signal that can be ignored.", outlives, "wall_limit", limits=_SHORT
    ),
    _attack("stop-itself", "Stop, and take no signal any more.", outlives, "wall_limit", limits=_SHORT),
    _attack(
        "leave-daemon",
        "Leave a process behind that belongs to no group or session of the run.",
        outlives,
        "process_tree",
        stops={"no effect": "process_tree"},
    ),
    _attack("flood-output", "Print without end.", _floods, "output_limit"),
    _attack("endless-line", "Print one line without end.", _gives_a_long_line, "output_limit"),
    _attack(
        "endless-exception",
        "Fail with a message without end.",
        _gives_a_long_exception,
        "result_checks",
        stops={"failed": "result_checks"},
    ),
)
