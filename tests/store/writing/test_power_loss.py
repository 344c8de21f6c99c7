"""What a command has reported is on the disk: nothing depends on what the kernel would have written later.

The system calls of a real command are replayed on a disk that keeps only what POSIX promises: the content of a file
that was flushed after it was last written, and a name whose folder was flushed after the name came or went.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from trainstore.disk_format.layout import FUNCTIONS
from trainstore.store.git.repository import Repository

CALLS = (
    "openat,write,pwrite64,ftruncate,fsync,fdatasync,sync,mkdir,rmdir,unlink,unlinkat,"
    "link,rename,renameat,renameat2"
)
LINE = re.compile(r"(?P<name>\w+)\((?P<given>.*)\)\s+= (?P<answer>-?\d+)")
DESCRIPTOR = re.compile(r"\d+<(?P<path>/[^>]*)>")
QUOTED = re.compile(r'"(?P<path>[^"]*)"')

# May be lost: whose lock it was, what is on its way to its place, and what git notes beside its references.
PASSING = re.compile(r"/\.git/(trainstore/(lock|waiting(/\d+)?|index\.db-journal)|logs/.*|refs/worktree.*)$")


class Call(NamedTuple):
    """A system call that succeeded, with the paths that it names."""

    name: str
    paths: tuple[Path, ...]
    creates: bool


@dataclass
class Disk:
    """What a store's files are now, and what of it would outlive a power loss."""

    root: Path
    names: set[Path] = field(default_factory=set)
    kept: set[Path] = field(default_factory=set)
    unflushed: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.names = {*self.root.rglob("*")}
        self.kept = {*self.names}

    def at_risk(self) -> set[str]:
        """The paths whose name or content is not kept."""
        paths = (self.names ^ self.kept) | (self.unflushed & self.names)
        return {str(path.relative_to(self.root)) for path in paths if not PASSING.search(str(path))}

    def apply(self, call: Call) -> None:
        if call.name == "sync":
            self.kept = {*self.names}
            self.unflushed.clear()
        if not call.paths or not call.paths[-1].is_relative_to(self.root):
            return
        path = call.paths[-1]
        match call.name:
            case "write" | "pwrite64" | "ftruncate":
                self.unflushed.add(path)
            case "fsync" | "fdatasync":
                self.unflushed.discard(path)
                self.kept = {name for name in self.kept if name.parent != path}
                self.kept |= {name for name in self.names if name.parent == path}
            case "openat" | "mkdir" if call.creates:
                self.names.add(path)
            case "unlink" | "unlinkat" | "rmdir":
                self.names.discard(path)
            case "link" | "rename" | "renameat" | "renameat2":
                source = call.paths[0]
                self.unflushed.discard(path)
                self.unflushed |= {path} if source in self.unflushed else set()
                self.names.add(path)
                self.kept.discard(path)  # a name that is there may still lead to what it was
                if call.name != "link":
                    self.names.discard(source)


Step = tuple[Call, set[str]]
Traced = Callable[..., list[Step]]


@pytest.fixture
def traced(store: Repository, tmp_path: Path) -> Traced:
    """Run a command, and return each of its calls with what was at risk before it, up to its report."""
    strace = shutil.which("strace")
    if strace is None or subprocess.run([strace, "-o", "/dev/null", "true"], check=False).returncode != 0:
        pytest.skip("there is no strace here, or it may not trace")

    def run(*arguments: str, program: tuple[str, ...] = ("-m", "trainstore")) -> list[Step]:
        disk, said = Disk(store.root), tmp_path / "said"
        command = [sys.executable, *program, *arguments]
        with said.open("wb") as stdout:
            subprocess.run(
                [strace, "-f", "-y", "-o", tmp_path / "trace", "-e", f"trace={CALLS}", *command],
                cwd=store.root,
                stdout=stdout,
                check=True,
            )
        steps = []
        for call in calls_of(tmp_path / "trace", store.root):
            steps.append((call, disk.at_risk()))
            if call.paths == (said,):
                return steps
            disk.apply(call)
        raise AssertionError("it reported nothing")

    return run


def calls_of(trace: Path, root: Path) -> Iterator[Call]:
    """Yield the calls of all processes in the order in which they ended; each works in the store's root."""
    begun: dict[str, str] = {}
    for line in trace.read_text(errors="replace").splitlines():
        process, _, text = line.partition(" ")
        text = text.strip()
        if text.endswith("<unfinished ...>"):
            begun[process] = text.removesuffix("<unfinished ...>")
            continue
        if text.startswith("<... "):
            text = begun.pop(process, "") + text.partition(" resumed>")[2]
        found = LINE.match(text)
        if found is None or found["answer"].startswith("-"):
            continue
        name, given = found["name"], found["given"]
        by_descriptor = name in {"write", "pwrite64", "ftruncate", "fsync", "fdatasync"}
        paths = DESCRIPTOR.findall(given.partition(",")[0]) if by_descriptor else QUOTED.findall(given)
        yield Call(name, tuple(root / path for path in paths), name == "mkdir" or "O_CREAT" in given)


def changes(steps: list[Step], root: Path, below: str) -> list[int]:
    """Return the places of the calls that change a name below a path of the store."""
    return [
        place
        for place, (call, _) in enumerate(steps)
        if call.name.startswith(("rename", "unlink", "link"))
        and str(call.paths[-1]).startswith(str(root / below))
    ]


@pytest.fixture
def prepared(store: Repository, save_versions: Any, make_record: Any, tmp_path: Path) -> Repository:
    """A store with three versions, and records outside it that are to be saved and imported."""
    save_versions(3)
    (tmp_path / "new.json").write_bytes(make_record("New").file)
    (tmp_path / "many").mkdir()
    for number in range(40):
        (tmp_path / "many" / f"{number}.json").write_bytes(make_record(f"Net{number}").file)
    return store


COMMANDS = {
    "save": ("save", "../new.json"),
    "import": ("import", "../many"),
    "rollback": ("rollback", "Net", "@1"),
    "pin": ("pin", "Net@2"),
    "undo": ("undo",),
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_power_loss_leaves_the_old_state_or_the_new_and_takes_nothing_that_was_reported(
    prepared: Repository, traced: Traced, command: str
) -> None:
    steps = traced(*COMMANDS[command])
    assert steps[-1][1] == set()
    written, cleared = changes(steps, prepared.root, ".git/trainstore/journal")
    work_tree = changes(steps, prepared.root, FUNCTIONS)
    (staged,) = changes(steps, prepared.root, ".git/index")
    (branch,) = changes(steps, prepared.root, ".git/refs/heads/main")
    assert written < work_tree[0] <= work_tree[-1] < staged < branch < cleared
    assert ".git/trainstore/journal" not in steps[work_tree[0]][1]
    assert {path for path in steps[staged][1] if path.startswith(FUNCTIONS)} == set()
    for place in (branch, cleared):
        assert {path for path in steps[place][1] if not path.endswith(".lock")} == set()


KEEP = """
import io
from pathlib import Path
from trainstore.store.checkpoints.tracked import add_checkpoint
files = {"weights.safetensors": io.BytesIO(b"weights" * 100_000), "structure.pkl": io.BytesIO(b"structure")}
print(add_checkpoint(Path(), "training_runs/numpy_array/Net/20240101T000000Z-3fa9c1/checkpoint", files).md5)
"""


@pytest.mark.slow
def test_a_checkpoint_is_in_the_cache_before_its_pointer_is_known(store: Repository, traced: Traced) -> None:
    steps = traced(program=("-c", KEEP))
    cached = [path for path in store.root.glob(".dvc/cache/files/md5/*/*") if path.is_file()]
    assert len(cached) == 3
    at_risk = {Path(path) for path in steps[-1][1] if path.startswith(".dvc/cache")}
    assert {
        path for path in at_risk if not path.name.startswith(".trainstore-")
    } == set()  # DVC sees no such name
