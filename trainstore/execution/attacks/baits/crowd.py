"""All processes of an attack, seen from outside: how many there were, what they held, which are left."""

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

_EVERY_SECONDS = 0.1
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_BLOCK_BYTES = 512
_KILL_ROUNDS = 100


class Crowd:
    """Looks again and again for processes by the name that an attack gave them, until it is closed.

    Attributes:
        most_tasks: how many processes and threads there were at once.
        most_memory: bytes that they held at once: private pages, the most shared ones, and files in memory.
        left: processes that outlived their run.
    """

    def __init__(self, marker: str) -> None:
        self._marker = marker
        self.most_tasks = 0
        self.most_memory = 0
        self.left = 0
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def close(self) -> None:
        """Stop looking, count who is left, and end them; closing again does nothing."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._watcher.join()
        self.left = len(self._living())
        for _ in range(_KILL_ROUNDS):
            living = self._living()
            if not living:
                return
            for process in living:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(int(process.name), signal.SIGKILL)
            time.sleep(_EVERY_SECONDS / 10)

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            living = self._living()
            self.most_tasks = max(self.most_tasks, sum(map(_tasks, living)))
            self.most_memory = max(self.most_memory, _memory(living))

    def _living(self) -> list[Path]:
        return [process for process in Path("/proc").glob("[0-9]*") if self._is_ours(process)]

    def _is_ours(self, process: Path) -> bool:
        with suppress(OSError, IndexError):
            name, _, rest = (process / "stat").read_text(errors="replace").rpartition(")")
            return name.partition("(")[2] == self._marker and rest.split()[0] not in "ZX"
        return False


def _tasks(process: Path) -> int:
    with suppress(OSError):
        return len(os.listdir(process / "task"))
    return 0


def _memory(processes: list[Path]) -> int:
    private, shared, in_files = 0, 0, {}
    for process in processes:
        with suppress(OSError):
            _, resident, with_others = map(int, (process / "statm").read_text().split()[:3])
            private += (resident - with_others) * _PAGE_BYTES
            shared = max(shared, with_others * _PAGE_BYTES)
            for descriptor in (process / "fd").iterdir():
                if os.readlink(descriptor).startswith("/memfd:"):
                    file = descriptor.stat()
                    in_files[file.st_ino] = file.st_blocks * _BLOCK_BYTES
    return private + shared + sum(in_files.values())
