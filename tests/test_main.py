"""`python -m trainstore` and the installed program are the same."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from trainstore.store.git.repository import Repository

CALLS = [[sys.executable, "-m", "trainstore"], [str(Path(sys.executable).with_name("trainstore"))]]


def both(*arguments: str, cwd: Path, calls: list[list[str]] = CALLS) -> list[tuple[int, str, str]]:
    """Call either, and return exit codes and what was printed."""
    ended = [
        subprocess.run(
            [*call, *arguments],
            cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )
        for call in calls
    ]  # fmt: skip
    return [(one.returncode, one.stdout, one.stderr) for one in ended]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--version"], 0, "trainstore "),
        (["--help"], 0, "Usage: trainstore [OPTIONS] COMMAND"),
        (["show", "--help"], 0, "Usage: trainstore show "),
        (["data", "add", "--help"], 0, "Usage: trainstore data add "),
        ([], 2, "Usage: trainstore "),
        (["shwo"], 2, "Usage: trainstore "),
        (["show"], 2, "Try 'trainstore show --help' for help."),
        (["list", "--nonsense"], 2, "No such option"),
        (["status"], 0, "Store "),
        (["show", "Nothing"], 12, "Error: "),
        (["--store", "/", "status"], 10, "trainstore init"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_they_print_the_same_and_end_alike(
    store: Repository, arguments: list[str], code: int, told: str
) -> None:
    as_module, as_program = both(*arguments, cwd=store.root)
    assert as_module == as_program
    assert as_module[0] == code
    assert told in as_module[1] + as_module[2]


@pytest.mark.parametrize("call", CALLS, ids=["module", "program"])
class TestSignals:
    def test_ctrl_c_ends_with_130_and_one_sentence(self, store: Repository, call: list[str]) -> None:
        waiting = subprocess.Popen(
            [*call, "save", "-", "--name", "Net"],
            cwd=store.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        _until_it_reads(waiting.pid)
        waiting.send_signal(signal.SIGINT)
        told = waiting.communicate(timeout=60)
        assert (waiting.returncode, *told) == (130, "", "\nInterrupted; nothing was left half done.\n")

    def test_a_reader_that_has_gone_ends_it_quietly(self, store: Repository, call: list[str]) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as gone:
            ended = subprocess.run(
                [*call, "history"], cwd=store.root, stdout=gone, stderr=subprocess.PIPE, check=False
            )
        assert (ended.returncode, ended.stderr) == (1, b"")


PRESS = """\
#!/bin/sh
# Git calls this when a branch has moved; its parent is git, and that one's the program.
if [ "$1" = committed ] && grep -q " refs/heads/"; then kill -INT "$(ps -o ppid= "$PPID" | tr -d " ")"; fi
"""


def pressed_at_the_commit(store: Repository, *arguments: str) -> tuple[int, str, str]:
    """Call the program and press Ctrl-C as soon as its branch has moved."""
    hook = store.git_dir / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(PRESS)
    hook.chmod(0o755)
    (ended,) = both(*arguments, cwd=store.root, calls=CALLS[:1])
    return ended


def test_ctrl_c_after_a_commit_tells_what_was_recorded(
    store: Repository, git: Callable[..., str], make_record: Callable[..., Any]
) -> None:
    for name in ("one", "two"):
        (store.root / f"{name}.json").write_text(json.dumps(make_record(name).record.content))
    ended = pressed_at_the_commit(store, "save", "one.json", "two.json", "--json")
    first, second = git(store, "log", "-2", "--reverse", "--abbrev=10", "--format=  %h  %s").split("\n")
    assert first.endswith("save numpy_array/one (confidence 0.92)")
    told = f"\nInterrupted; by then this was recorded:\n{first}\n{second}\nSee it: trainstore history\n"
    assert ended == (130, "", told)


@pytest.mark.slow
def test_ctrl_c_after_a_run_was_committed_leads_to_the_run(
    store: Repository, save_versions: Callable[..., Any]
) -> None:
    save_versions(1)
    code, out, err = pressed_at_the_commit(store, "run", "Net", "--data", "sklearn:iris", "--device", "cpu")
    assert (code, out) == (130, "")
    told = err.partition("Interrupted; by then this was recorded:\n")[2].splitlines()
    assert " run numpy_array/Net@1 (" in told[0] and told[1].startswith("See it: trainstore show 20")
    (shown,) = both(*told[1].split()[3:], "--json", cwd=store.root, calls=CALLS[:1])
    assert shown[0] == 0


def _until_it_reads(pid: int) -> None:
    """Wait until a process waits for its standard input: it has stopped using the processor."""
    process, used = psutil.Process(pid), -1.0
    while used != (used := sum(process.cpu_times()[:2])) or used == 0.0:
        time.sleep(0.3)


def test_ctrl_c_before_anything_began_is_told_as_ever() -> None:
    script = (
        "import sys\nclass Interrupt:\n    def find_spec(self, name, *_):\n"
        "        if name == 'click': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\nfrom trainstore.__main__ import main\nmain()"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr == "Interrupted; nothing was left half done.\n"
