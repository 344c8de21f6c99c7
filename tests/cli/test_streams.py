"""What goes where: pipes, terminals, interrupts, and what is not imported."""

import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from heavy_imports import heavy_imports
from rich.cells import cell_len

from trainstore.api import Store
from trainstore.store.git.repository import Repository

Program = Callable[..., subprocess.CompletedProcess[str]]
Git = Callable[..., str]
Make = Callable[..., Any]
CODE = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n    return {}\n"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def filled(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A store that is only read."""
    root = tmp_path_factory.mktemp("filled") / "store"
    shutil.copytree(empty_store, root, symlinks=True)
    opened = Store.open(root)
    for name, end in (
        ("Net", "long " * 40),
        ("Large", "line\n# " * 50_000),
        ("모델 with a long name " * 3, ""),
    ):
        for number in range(2):
            opened.save(
                {
                    "model_name": name,
                    "training_code": f"{CODE}# {number} {end}\n",
                    "bo_config": {"lr": {"default": 0.1, "type": "Real", "low": 0.01, "high": 1.0}},
                    "data_profile": {"data_type": "numpy_array"},
                    "timestamp": 1704067200 + number,
                }
            )
    return opened.repository


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["list"], ["list", "--grep", "train"], ["show", "Net"], ["show", "Net", "--json"],
     ["history"], ["diff", "Net@1", "Net@2"], ["runs"], ["runs", "Net", "--json"], ["status"], ["studies"],
     ["data", "list"], ["show", "Nut"]],
    ids=" ".join,
)  # fmt: skip
def test_commands_that_read_import_nothing_heavy(filled: Repository, arguments: list[str]) -> None:
    assert heavy_imports(filled.root, *arguments, code=12 if "Nut" in arguments else 0) == set()


class TestPipes:
    @pytest.mark.parametrize("arguments", [["list"], ["show", "Large", "--code"]], ids=" ".join)
    def test_a_reader_that_has_gone_is_no_error(self, filled: Repository, arguments: list[str]) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as stdout:
            ended = subprocess.run(
                [sys.executable, "-m", "trainstore", *arguments],
                cwd=filled.root, stdout=stdout, stderr=subprocess.PIPE, check=False,
            )  # fmt: skip
        assert ended.stderr == b""
        assert ended.returncode in (0, 1)

    def test_the_first_line_can_be_taken(self, filled: Repository) -> None:
        ended = subprocess.run(
            f"{sys.executable} -m trainstore history | head -1",
            shell=True, cwd=filled.root, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.stdout.startswith("COMMIT") and ended.stdout.count("\n") == 1
        assert ended.stderr == ""

    def test_nothing_is_coloured_or_cut(self, filled: Repository, program: Program) -> None:
        for arguments in (
            ["list"],
            ["history"],
            ["show", "Net"],
            ["diff", "Net~1", "Net"],
            ["status"],
            ["show", "Nut"],
        ):
            ended = program(*arguments, cwd=filled.root, env={**os.environ, "COLUMNS": "40"})
            assert "\x1b" not in ended.stdout + ended.stderr
            assert "…" not in ended.stdout
        assert "모델 with a long name " * 2 in program("list", cwd=filled.root).stdout

    def test_standard_input_is_saved(self, store: Repository, make_record: Make) -> None:
        ended = subprocess.run(
            [sys.executable, "-m", "trainstore", "save", "-"],
            cwd=store.root, input=make_record(code=CODE).file, capture_output=True, check=False,
        )  # fmt: skip
        assert (ended.returncode, ended.stderr) == (0, b"")
        assert ended.stdout.startswith(b"Saved numpy_array/Net@1 (commit ")

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
    def test_a_terminal_that_knows_few_letters_is_no_error(
        self, filled: Repository, program: Program, encoding: str
    ) -> None:
        for arguments in (["list"], ["list", "--json"], ["diff", "Net~1", "Net"], ["show", "Nut 모델"]):
            ended = program(*arguments, cwd=filled.root, env={**os.environ, "PYTHONIOENCODING": encoding})
            assert "Traceback" not in ended.stderr
            assert ended.returncode == (12 if "Nut 모델" in arguments else 0)


def on_terminal(
    arguments: list[str], folder: Path, width: int = 60, lines: int = 200, **environment: str
) -> str:
    """Run the program on a pseudo-terminal and return what it shows."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", lines, width, 0, 0))
    variables = {
        key: value
        for key, value in os.environ.items()
        if key not in ("COLUMNS", "LINES", "NO_COLOR", "PAGER")
    }
    started = subprocess.Popen(
        [sys.executable, "-m", "trainstore", *arguments],
        cwd=folder, stdin=child, stdout=child, stderr=child, env={**variables, "TERM": "xterm-256color", **environment},
    )  # fmt: skip
    os.close(child)
    shown = b""
    while True:
        try:
            chunk = os.read(parent, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(parent)
    started.wait(20)
    return shown.decode().replace("\r\n", "\n")


class TestTerminal:
    @pytest.mark.parametrize("arguments", [["list"], ["history"]], ids=" ".join)
    def test_tables_fit_its_width(self, filled: Repository, git: Git, arguments: list[str]) -> None:
        shown = COLOUR.sub("", on_terminal(arguments, filled.root))
        assert shown.startswith(("FUNCTION", "COMMIT"))
        assert [line for line in shown.split("\n") if cell_len(line) > 60] == []
        assert (
            "numpy_array/Net@2" if arguments == ["list"] else git(filled, "rev-parse", "HEAD")[:10]
        ) in shown
        assert "…" in shown

    def test_code_and_errors_are_coloured(self, filled: Repository) -> None:
        assert COLOUR.search(on_terminal(["show", "Net"], filled.root))
        shown = on_terminal(["show", "Nut"], filled.root)
        assert COLOUR.search(shown) and "Error:" in shown and "Hint:" in shown

    @pytest.mark.parametrize("wish", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
    @pytest.mark.parametrize("arguments", [["list"], ["show", "Net"], ["show", "Nut"], ["runs", "--since"]])
    def test_who_wants_no_colour_gets_none(
        self, filled: Repository, arguments: list[str], wish: dict[str, str]
    ) -> None:
        assert "\x1b" not in on_terminal(arguments, filled.root, **wish)

    def test_what_is_longer_than_the_screen_goes_through_the_pager(
        self, filled: Repository, tmp_path: Path
    ) -> None:
        pager = tmp_path / "pager"
        pager.write_text("#!/bin/sh\necho PAGED; cat\n")
        pager.chmod(0o755)
        assert on_terminal(["history"], filled.root, lines=3, PAGER=str(pager)).startswith("PAGED\n")
        assert "PAGED" not in on_terminal(["history"], filled.root, lines=50, PAGER=str(pager))

    def test_a_hostile_name_does_not_steer_it(self, store: Repository, make_record: Make) -> None:
        name = "\x1b]0;title\x07\x1b[2J\x9b31m\u202egnp\u202c[red]bold[/red]"
        Store(store).save(
            make_record(
                name, CODE, bo_config={name: {"type": "Categorical", "default": 1, "categories": [1]}}
            ).record.content
        )
        for arguments in (["list"], ["history"], ["status"]):
            shown = COLOUR.sub("", on_terminal(arguments, store.root, width=200))
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown), ascii(shown)
        assert "[red]bold[/red]" in on_terminal(["list"], store.root, width=200)


HANGS = """\
import subprocess, sys, time

def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    time.sleep(600)
"""


def command_of(process: psutil.Process) -> str:
    """Return what a process was called with; of one that has ended, nothing."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.mark.slow
def test_an_interrupted_run_leaves_nothing(
    store: Repository, make_record: Make, git: Git, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    Store(store).save(make_record("Net", HANGS, bo_config={}).record.content)
    head = git(store, "rev-parse", "HEAD")
    started = subprocess.Popen(
        [sys.executable, "-m", "trainstore", "run", "Net", "--data", "sklearn:iris", "--json"],
        cwd=store.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    deadline = time.monotonic() + 180
    program = psutil.Process(started.pid)
    while not any("time.sleep(600)" in command_of(each) for each in program.children(recursive=True)):
        assert time.monotonic() < deadline and started.poll() is None
        time.sleep(0.05)
    family = program.children(recursive=True)
    assert len(family) >= 3 and list(temporary.iterdir())  # supervisor, worker and its child
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert (started.returncode, out) == (130, "")
    assert err.strip().endswith("Interrupted; nothing was left half done.") and "Traceback" not in err
    deadline = time.monotonic() + 10
    while list(temporary.iterdir()) or any(each.is_running() for each in family):
        assert time.monotonic() < deadline, (list(temporary.iterdir()), family)
        time.sleep(0.05)
    assert git(store, "rev-parse", "HEAD") == head
    assert git(store, "status", "--porcelain", "--untracked-files=all") == ""
    assert not (store.root / "training_runs").exists()


def test_the_installed_program_says_its_release(program: Program, tmp_path: Path) -> None:
    from trainstore import __version__

    ended = program("--version", cwd=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"trainstore {__version__}\n", "")
    assert json.dumps(program("-h", cwd=tmp_path).stdout) == json.dumps(
        program("--help", cwd=tmp_path).stdout
    )
