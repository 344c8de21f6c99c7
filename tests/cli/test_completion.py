"""Completion in real shells: what is completed, and that no shell acts upon a name."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from heavy_imports import heavy_imports

from trainstore.api import Store

HOSTILE = {
    "Al": "Alpha $(touch acted)",
    "Br": "Bravo`touch acted`;touch acted|touch acted",
    "Ch": 'Char\'s "quoted" \\ one',
    "De": "Delta, (2-lead, ≤256KB) [v2]/final*",
    "Ec": "Echo!x & {a,b} #h ~ >acted",
}
CALLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
BEGIN = {
    "bash": 'eval "$(trainstore completion bash)"',
    "zsh": 'autoload -U compinit; compinit -u -D; eval "$(trainstore completion zsh)"',
    "fish": "trainstore completion fish | source",
}
LONGEST = 60.0


class Shell:
    """An interactive shell on a terminal of its own, into which somebody types."""

    def __init__(self, name: str, folder: Path) -> None:
        self._terminal, child = pty.openpty()
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *CALLS[name]],
            cwd=folder, env={**os.environ, "TERM": "dumb", "PATH": path, "LC_ALL": "C.UTF-8"},
            stdin=child, stdout=child, stderr=child,
        )  # fmt: skip
        os.close(child)
        self._type(f"{BEGIN[name]}; printf '%s%s\\n' REA DY\r", "READY")

    def words(self, typed: str) -> list[str]:
        """Type a line and the key of completion, and return the words that the shell would call the program with."""
        found = self._type(f"{typed}\t\x01printf '[%s]' \x05 END\r", r"^(\[.*\])\[END\]")
        return re.findall(r"\[((?:[^\[\]]|\[v2\])*)\]", found)

    def _type(self, keys: str, until: str) -> str:
        os.write(self._terminal, keys.encode())
        told, end = "", time.monotonic() + LONGEST
        while not (found := re.search(until, told, re.MULTILINE)):
            assert time.monotonic() < end, told
            if select.select([self._terminal], [], [], 0.1)[0]:
                told += os.read(self._terminal, 65536).decode(errors="replace")
                told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r", "", told)
        return found[0]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._terminal)


@pytest.fixture(params=list(CALLS))
def shell(request: pytest.FixtureRequest, store: Any, make_record: Callable[..., Any]) -> Iterator[Shell]:
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    opened = Store(store)
    for name in [*HOSTILE.values(), "Foxtrot"]:
        opened.save(make_record(name).record.content)
    begun = Shell(request.param, store.root)
    yield begun
    begun.end()


@pytest.mark.slow
def test_names_are_completed_and_nothing_in_them_is_acted_upon(shell: Shell, store: Any) -> None:
    for typed, name in HOSTILE.items():
        assert shell.words(f"trainstore show {typed}")[:3] == ["trainstore", "show", name]
    assert shell.words('trainstore show "Al')[2:3] == [HOSTILE["Al"]]
    assert shell.words("trainstore show 'De")[2:3] == [HOSTILE["De"]]
    assert shell.words("trainstore show numpy_array/Al")[2:3] == [f"numpy_array/{HOSTILE['Al']}"]
    assert not (store.root / "acted").exists()


@pytest.mark.slow
def test_commands_options_and_versions_are_completed(shell: Shell) -> None:
    assert shell.words("trainstore rollb")[:2] == ["trainstore", "rollback"]
    assert shell.words("trainstore run Foxtrot --portab")[3] == "--portable"
    assert shell.words("trainstore show Foxtrot@")[2] == "Foxtrot@1"
    assert shell.words("trainstore --store . show Foxtrot@")[4] == "Foxtrot@1"
    assert shell.words("trainstore completion zs")[2] == "zsh"


@pytest.mark.slow
def test_files_and_the_names_of_data_are_completed(shell: Shell, store: Any) -> None:
    (store.root / "two words.csv").touch()
    (store.root / "table.csv").write_text("x,y\n" + "1,0\n2,1\n" * 10)
    Store(store).add_data("patients", store.root / "table.csv", target="y")
    assert shell.words("trainstore save tw")[2] == "two words.csv"
    assert shell.words("trainstore run Foxtrot --data tw")[4] == "two words.csv"
    assert shell.words("trainstore run Foxtrot --data pat")[4] == "patients"


@pytest.mark.parametrize(
    "line", ["trainstore ro", "trainstore show N", "trainstore rerun 2", "trainstore run Net --dev"]
)
def test_nothing_heavy_is_imported(store: Any, line: str) -> None:
    given = {"_TRAINSTORE_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": " @:="}
    assert heavy_imports(store.root, **given) == set()
