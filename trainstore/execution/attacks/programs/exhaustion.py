"""Attacks that take more than their share: processes, memory, disk, time, output. Each has an end of its own.

What was taken is held for a moment, so that whoever watches from outside can see it.
"""

import mmap
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from trainstore.execution.attacks.programs.attempt import Bait, Stopped, call, scratch

MIB = 1 << 20
_HELD_SECONDS = 1.5
_LONG_SECONDS = 60.0  # longer than any run of the suite may take
_PAGE = b"\1" * MIB
_DEEPER_THAN_A_PATH = 30  # folders with names of 200 letters; a path has 4,096 at most
_SET_DUMPABLE = 4


def fork_bomb(bait: Bait) -> None:
    children: list[int] = []
    try:
        for _ in range(bait["processes"]):
            child = os.fork()
            if child == 0:
                _sleep_for_good()
            children.append(child)
        time.sleep(_HELD_SECONDS)
    finally:
        _end(children)


def thread_bomb(bait: Bait) -> None:
    enough = threading.Event()
    try:
        for _ in range(bait["processes"]):
            try:
                threading.Thread(target=enough.wait, daemon=True).start()
            except RuntimeError as error:
                raise Stopped("no thread") from error
        time.sleep(_HELD_SECONDS)
    finally:
        enough.set()


def private_memory(bait: Bait) -> None:
    taken = [_PAGE * 16 for _ in range(bait["memory_mib"] // 16)]
    time.sleep(_HELD_SECONDS)
    del taken


def shared_memory(bait: Bait) -> None:
    """Memory that a limit on private data does not count."""
    with mmap.mmap(-1, bait["memory_mib"] * MIB, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS) as taken:
        for _ in range(bait["memory_mib"]):
            taken.write(_PAGE)
        time.sleep(_HELD_SECONDS)


def files_in_memory(bait: Bait) -> None:
    """Files without a name, mapped by nobody: no process is seen to hold them."""
    taken = [os.fdopen(os.memfd_create(bait["marker"]), "wb", buffering=0) for _ in range(16)]
    try:
        for file in taken:
            for _ in range(bait["memory_mib"] // 16):
                file.write(_PAGE)
        time.sleep(_HELD_SECONDS)
    finally:
        for file in taken:
            file.close()


def memory_of_many(bait: Bait) -> None:
    filled, tell = os.pipe()
    children = []
    try:
        for _ in range(4):
            child = os.fork()
            if child == 0:
                try:
                    taken = _PAGE * (bait["memory_mib"] // 4)
                    os.write(tell, taken[:1])
                    _sleep_for_good()
                finally:
                    os._exit(1)
            children.append(child)
        os.close(tell)
        if sum(len(os.read(filled, 1)) for _ in children) < len(children):
            raise Stopped("a child failed")
        time.sleep(_HELD_SECONDS)
    finally:
        _end(children)


def one_big_file(bait: Bait) -> None:
    _fill(scratch() / "big", bait["disk_mib"])


def many_files(bait: Bait) -> None:
    folder = scratch() / "many"
    folder.mkdir()
    for number in range(bait["disk_mib"] // 8):
        _write(folder / str(number), 8)
    _hold_and_tell("disk", bait["disk_mib"])
    for file in folder.iterdir():
        file.unlink()


def deleted_files(bait: Bait) -> None:
    """Files without a name, which nobody finds by looking through the folder."""
    opened = []
    for number in range(bait["disk_mib"] // 8):
        path = scratch() / f"deleted-{number}"
        opened.append(path.open("wb", buffering=0))
        path.unlink()
        for _ in range(8):
            opened[-1].write(_PAGE)
    _hold_and_tell("disk", bait["disk_mib"])
    for file in opened:
        file.close()


def files_in_deep_folders(bait: Bait) -> None:
    """Whoever looks for them by their paths gets no further than a path can be long."""
    for _ in range(_DEEPER_THAN_A_PATH):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    for number in range(bait["disk_mib"] // 8):
        _write(Path(str(number)), 8)
    _hold_and_tell("disk", bait["disk_mib"])


def files_in_a_closed_folder(bait: Bait) -> None:
    """A folder that can be written to and not be listed."""
    (scratch() / "closed").mkdir(0o300)
    for number in range(bait["disk_mib"] // 8):
        _write(scratch() / "closed" / str(number), 8)
    _hold_and_tell("disk", bait["disk_mib"])


def deleted_files_of_a_closed_process(bait: Bait) -> None:
    """What such a process has open, other processes of its user are not shown."""
    call("prctl", _SET_DUMPABLE, 0, 0, 0, 0)
    deleted_files(bait)


def fill_dev_shm(bait: Bait) -> None:
    files = [Path("/dev/shm", f"{bait['marker']}-{number}") for number in range(bait["disk_mib"] // 8)]
    try:
        for file in files:
            _write(file, 8)
        _hold_and_tell("disk", bait["disk_mib"])
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def many_files_without_content(bait: Bait) -> None:
    folder = scratch() / "empty"
    folder.mkdir()
    for number in range(bait["inodes"]):
        (folder / str(number)).touch()
    _hold_and_tell("inodes", bait["inodes"])


def endless_loop(bait: Bait) -> None:
    end = time.process_time() + bait["cpu_seconds"]
    while time.process_time() < end:
        pass
    print("used", bait["cpu_seconds"], "s of a processor")


def ignore_signals(bait: Bait) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(_LONG_SECONDS)


def stop_itself(bait: Bait) -> None:
    """A process that is stopped gets no signal but SIGKILL and SIGCONT."""
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(_LONG_SECONDS)


def leave_daemon(bait: Bait) -> None:
    """A grandchild in a session of its own, which neither the process group nor the parent's id leads to."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            for descriptor in range(3):
                os.close(descriptor)
            time.sleep(_LONG_SECONDS)
        os._exit(0)
    os.wait()


def flood_output(bait: Bait) -> None:
    line = b"flood " * 1000 + b"\n"
    for _ in range(bait["output_mib"] * MIB // len(line)):
        os.write(1, line)


def endless_line(bait: Bait) -> None:
    for _ in range(bait["output_mib"]):
        left = _PAGE
        while left:
            left = left[os.write(1, left) :]


def endless_exception(bait: Bait) -> None:
    raise ValueError("exception " * (bait["output_mib"] * MIB // 10))


def _sleep_for_good() -> NoReturn:
    time.sleep(_LONG_SECONDS)
    os._exit(0)


def _end(children: Sequence[int]) -> None:
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _fill(path: Path, mib: int) -> None:
    try:
        _write(path, mib)
        _hold_and_tell("disk", mib)
    finally:
        path.unlink(missing_ok=True)


def _write(path: Path, mib: int) -> None:
    with path.open("wb", buffering=0) as file:
        for _ in range(mib):
            left = _PAGE
            while left:
                left = left[file.write(left) :]


def _hold_and_tell(what: str, amount: int) -> None:
    time.sleep(_HELD_SECONDS)
    print("took", amount, what)
