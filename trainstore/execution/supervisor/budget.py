"""What a worker may use together with all its descendants, and the most that it has used."""

from dataclasses import fields

from trainstore.execution.limits import Limits
from trainstore.execution.supervisor.meters import TreeMeter
from trainstore.execution.supervisor.orders import StoppedFor, Usage
from trainstore.execution.supervisor.process_tree import descendants
from trainstore.execution.supervisor.scratch import ScratchMeter, Unmeasurable


class Budget:
    """Measures the tree below this process, and compares.

    Attributes:
        most: the highest of each that was measured.
    """

    def __init__(self, limits: Limits, job: str, bounded_scratch: bool) -> None:
        self.most = Usage()
        self._limits = limits
        self._tree = TreeMeter(limits.memory_bytes)
        self._scratch = ScratchMeter(job, bounded_scratch)

    def exceeded(self) -> StoppedFor | None:
        """Measure, and return the limit that was passed."""
        pids = descendants(self._limits.processes)
        try:
            self._scratch.measure(pids)
        except Unmeasurable:
            return "disk_limit"
        return self._compare(self._tree.measure(pids))

    def exceeded_at_end(self) -> StoppedFor | None:
        """The same when no process is left: what was used since the last measurement counts, too."""
        try:
            self._scratch.measure_now([])
        except Unmeasurable:
            return "disk_limit"
        return self._compare(self._tree.measure([]))

    def _compare(self, tree: Usage) -> StoppedFor | None:
        now = Usage(
            tree.cpu_seconds,
            tree.memory_bytes + self._scratch.in_memory,
            tree.processes,
            self._scratch.on_disk + self._scratch.in_memory,
        )
        self.most = Usage(
            *(max(getattr(self.most, part.name), getattr(now, part.name)) for part in fields(Usage))
        )
        limits = self._limits
        if limits.cpu_seconds is not None and now.cpu_seconds > limits.cpu_seconds:
            return "cpu_limit"
        if now.memory_bytes > limits.memory_bytes:
            return "memory_limit"
        if now.processes > limits.processes:
            return "process_limit"
        return "disk_limit" if now.disk_bytes > limits.disk_bytes else None
