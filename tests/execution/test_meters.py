import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from trainstore.execution.limits import MIB
from trainstore.execution.supervisor import scratch
from trainstore.execution.supervisor.meters import Pace, TreeMeter, count_system_kills
from trainstore.execution.supervisor.process_tree import descendants
from trainstore.execution.supervisor.scratch import ScratchMeter, Unmeasurable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what /proc tells")

Start = Callable[[str], int]
RunAs = Callable[..., "subprocess.CompletedProcess[str]"]
PLENTY = 1 << 50


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a script, wait until it says that it is ready, and return its process id; it ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def run(script: str) -> int:
        command = [sys.executable, "-S", "-c", f"{script}\nprint(flush=True)\ninput()"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return process.pid

    yield run
    for process in started:
        with process:
            process.kill()


def test_memory_threads_and_processor_time_of_a_process(start: Start) -> None:
    pid = start(
        "import threading, time\nkept = b'x' * (50 << 20)\n"
        "for _ in range(3): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "while time.process_time() < 0.3: pass"
    )
    usage, nothing = TreeMeter(PLENTY).measure([pid]), TreeMeter(PLENTY).measure([])
    assert 50 * MIB <= usage.memory_bytes < 80 * MIB
    assert usage.processes == 4
    assert 0.25 < usage.cpu_seconds - nothing.cpu_seconds < 10
    assert (nothing.memory_bytes, nothing.processes) == (0, 0)


def test_a_process_that_is_gone_uses_nothing(start: Start) -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
        process.wait()
    usage = TreeMeter(PLENTY).measure([process.pid])
    assert (usage.memory_bytes, usage.processes) == (0, 0)


def test_a_program_may_have_any_name(start: Start) -> None:
    pid = start("import ctypes\nctypes.CDLL(None).prctl(15, b') R 1 2\\n) 3 4', 0, 0, 0)")
    usage = TreeMeter(PLENTY).measure([pid])
    assert usage.processes == 1
    assert 0 < usage.memory_bytes < 50 * MIB


FORKS = "import os, time\nkept = b'x' * (40 << 20)\nfor _ in range(3):\n    if os.fork() == 0: time.sleep(60)"


def test_shared_pages_are_counted_once_where_it_matters(start: Start) -> None:
    pid = start(FORKS)
    pids = [pid, *(int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    assert len(pids) == 4
    assert TreeMeter(PLENTY).measure(pids).memory_bytes > 160 * MIB
    assert 40 * MIB <= TreeMeter(100 * MIB).measure(pids).memory_bytes < 100 * MIB
    for child in pids[1:]:
        os.kill(child, 9)


def test_a_process_that_hides_its_memory_counts_in_full(start: Start) -> None:
    library = ctypes.CDLL(None)
    assert library.prctl(3, 0, 0, 0, 0) == 1  # PR_GET_DUMPABLE
    pid = start("import ctypes\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\nkept = b'x' * (40 << 20)")
    assert TreeMeter(MIB).measure([pid]).memory_bytes >= 40 * MIB


def test_what_is_measured_seldom_is_still_known_in_between(start: Start) -> None:
    meter = TreeMeter(MIB)
    pid = start("kept = b'x' * (40 << 20)")
    first = meter.measure([pid]).memory_bytes
    assert meter.measure([pid]).memory_bytes == first >= 40 * MIB


def test_descendants_are_found_in_every_thread_and_session(start: Start) -> None:
    pid = start(
        "import os, subprocess, sys, threading, time\n"
        "command = [sys.executable, '-S', '-c', 'import time; time.sleep(60)']\n"
        "thread = threading.Thread(target=subprocess.Popen, args=(command,), kwargs={'start_new_session': True})\n"
        "thread.start(); thread.join()"
    )
    found = descendants()
    assert pid in found
    assert len(found) >= 2
    assert len(descendants(most=0)) < len(found)
    (grandchild,) = psutil.Process(pid).children()
    assert grandchild.pid in found
    grandchild.kill()


def test_the_systems_own_kills_are_known() -> None:
    kills = count_system_kills()
    assert kills is None or kills >= 0


def test_costly_measurements_become_rare() -> None:
    pace = Pace()
    assert pace.is_due()
    pace.took(0.0001)
    time.sleep(0.02)
    assert pace.is_due()
    pace.took(0.01)
    assert not pace.is_due()


class TestOfFiles:
    def test_only_what_was_added_counts(self, tmp_path: Path) -> None:
        (tmp_path / "inputs").mkdir()
        (tmp_path / "inputs/X.npy").write_bytes(bytes(3 * MIB))
        meter = ScratchMeter(str(tmp_path))
        meter.measure_now([])
        assert meter.on_disk == 0
        (tmp_path / "inputs/Y").write_bytes(b"x" * MIB)
        meter.measure_now([])
        assert MIB <= meter.on_disk < MIB + 20_000
        assert meter.in_memory == 0

    def test_a_second_name_is_not_a_second_file(self, tmp_path: Path) -> None:
        meter = ScratchMeter(str(tmp_path))
        (tmp_path / "file").write_bytes(b"x" * MIB)
        for number in range(5):
            os.link(tmp_path / "file", tmp_path / str(number))
        (tmp_path / "link").symlink_to("/")
        meter.measure_now([])
        assert meter.on_disk < 2 * MIB

    def test_a_deleted_file_counts_as_long_as_it_is_open(self, tmp_path: Path, start: Start) -> None:
        meter = ScratchMeter(str(tmp_path))
        pid = start(
            f"import os\nfile = open({str(tmp_path / 'gone')!r}, 'wb', 0)\nfile.write(b'x' * (2 << 20))\nos.unlink(file.name)"
        )
        meter.measure_now([pid])
        assert 2 * MIB <= meter.on_disk < 3 * MIB
        meter.measure_now([])
        assert meter.on_disk == 0

    def test_a_file_that_is_memory_counts_as_that(self, tmp_path: Path, start: Start) -> None:
        meter = ScratchMeter(str(tmp_path))
        pid = start("import os\nos.write(os.memfd_create('m'), b'x' * (2 << 20))")
        meter.measure_now([pid])
        assert (meter.on_disk, meter.in_memory >= 2 * MIB) == (0, True)

    def test_a_private_file_system_in_memory_is_seen(self, tmp_path: Path, start: Start) -> None:
        place = tmp_path / "in memory\n"
        place.mkdir()
        meter = ScratchMeter(str(tmp_path))
        try:
            pid = start(
                "import ctypes, os\nlibrary = ctypes.CDLL(None)\n"
                "assert library.unshare(0x00020000 | (0 if os.getuid() == 0 else 0x10000000)) == 0\n"
                "assert library.mount(b'none', b'/', None, 0x44000, None) == 0\n"
                f"place = {str(place)!r}\n"
                "assert library.mount(b'tmpfs', place.encode(), b'tmpfs', 0, b'size=20m') == 0\n"
                "open(place + '/file', 'wb').write(b'x' * (3 << 20))\n"
            )
            meter.measure_now([pid])
        except (BrokenPipeError, AssertionError):
            pytest.skip("no namespaces here")
        if not (
            Path(f"/proc/{pid}").exists()
            and "in\\040memory\\012" in Path(f"/proc/{pid}/mountinfo").read_text()
        ):
            pytest.skip("no namespaces here")
        assert 3 * MIB <= meter.in_memory < 4 * MIB
        assert not list(place.iterdir())

    def test_too_many_files_are_not_counted_to_the_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        meter = ScratchMeter(str(tmp_path))
        monkeypatch.setattr(scratch, "FILE_COUNT", 10)
        for number in range(11):
            (tmp_path / str(number)).touch()
        with pytest.raises(Unmeasurable):
            meter.measure_now([])

    def test_folders_deeper_than_a_path_can_be_long_end_the_measuring(self, tmp_path: Path) -> None:
        meter = ScratchMeter(str(tmp_path))
        deep = "import os\nfor _ in range(30): os.mkdir('d' * 200); os.chdir('d' * 200)\nopen('f', 'wb').write(b'x')"
        subprocess.run([sys.executable, "-S", "-c", deep], cwd=tmp_path, check=True)
        with pytest.raises(Unmeasurable):
            meter.measure_now([])

    def test_a_folder_that_is_gone_holds_nothing(self, tmp_path: Path) -> None:
        meter = ScratchMeter(str(tmp_path / "nowhere"))
        meter.measure([])
        assert meter.on_disk == 0


CLOSED = """
import os, subprocess, sys
from trainstore.execution.supervisor.scratch import ScratchMeter, Unmeasurable

def end(meter, pids):
    try:
        meter.measure_now(pids)
    except Unmeasurable:
        return "unmeasurable"
    return meter.on_disk >> 20

def start(script):
    process = subprocess.Popen([sys.executable, "-S", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process

os.mkdir("scratch")
closed = start(
    "import ctypes, os; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); file = open('gone', 'wb', 0); os.unlink('gone');"
    "file.write(b'x' * (2 << 20)); print(flush=True); input()"
)
ended = start("print(flush=True)")
os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
by_supervisor, by_system = ScratchMeter("scratch"), ScratchMeter("scratch", bounded=True)
print([end(by_supervisor, [ended.pid]) for _ in range(2)])
print([end(by_supervisor, [closed.pid]) for _ in range(2)])
print([end(by_system, [closed.pid]) for _ in range(2)])
os.mkdir("scratch/closed", 0o300)
print(end(by_system, []))
closed.communicate(b"\\n")
ended.communicate()
"""


def test_what_is_closed_to_its_own_user_is_not_passed_over(run_as_user: RunAs) -> None:
    ended = run_as_user(f"import os; os.chdir(os.environ['HOME'])\n{CLOSED}")
    assert ended.stderr == ""
    assert ended.stdout.splitlines() == ["[0, 0]", "[0, 'unmeasurable']", "[0, 0]", "unmeasurable"]


IN_A_CONTAINER = """
import ctypes, os, struct, time
from trainstore.execution.sandbox.identity import become
from trainstore.execution.supervisor.meters import TreeMeter
from trainstore.execution.supervisor.scratch import ScratchMeter

library = ctypes.CDLL(None)
held = int(open("/proc/self/status").read().partition("CapPrm:")[2].split()[0], 16) & ~(1 << 19)  # no CAP_SYS_PTRACE
low, high = held & 0xffffffff, held >> 32
assert library.capset(struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", low, low, low, high, high, high)) == 0
reader, writer = os.pipe()
file = open("gone", "wb", 0)
os.unlink("gone")
kept = b"x" * (40 << 20)
child = os.fork()
if child == 0:
    become(1_900_000_000, [])
    file.write(kept[: 2 << 20])
    os.write(writer, b"ready")
    time.sleep(600)
file.close()
os.read(reader, 9)
meter = ScratchMeter("/nowhere")
meter.measure_now([child])
print(meter.on_disk >> 20, TreeMeter(1 << 20).measure([child]).memory_bytes < 30 << 20, os.stat("/").st_uid)
os.kill(child, 9)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")
def test_root_without_the_right_to_trace_sees_a_worker_of_another_user(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IN_A_CONTAINER], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (ended.stdout, ended.stderr) == ("2 True 0\n", "")
