"""The command line, called as the installed program calls it: with its exit codes and its two streams."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from json_contract import check_printed, strictly

from trainstore.cli.app import run
from trainstore.store.git.repository import Repository


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


class Call(Protocol):
    def __call__(self, *arguments: str | Path, given: bytes = b"") -> Ended: ...


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call the program in this process; what it prints with ``--json`` is as the reference says."""

    def ended(*arguments: str | Path, given: bytes = b"") -> Ended:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "surrogateescape") for _ in range(2))
        monkeypatch.setattr(sys, "argv", ["trainstore", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                run()
            except SystemExit as end:
                code = end.code
        for stream in (out, err):
            stream.flush()
        told = [stream.buffer.getvalue().decode("utf-8", "surrogateescape") for stream in (out, err)]  # type: ignore[attr-defined]
        assert isinstance(code, int)
        if "--json" in arguments and told[0]:
            check_printed(strictly(told[0]), arguments)
        return Ended(code, told[0], told[1])

    return ended


@pytest.fixture
def program() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Call the program in a process of its own."""

    def ended(*arguments: str | Path, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "trainstore", *map(str, arguments)],
            cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **options,
        )  # fmt: skip

    return ended


@pytest.fixture
def in_store(store: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A fresh store, which is the working folder."""
    monkeypatch.chdir(store.root)
    return store


@pytest.fixture
def state(git: Callable[..., str]) -> Callable[[Repository], tuple[str, ...]]:
    """What a command that fails must leave as it was: HEAD, git's status, and every name in the work tree."""

    def read(store: Repository) -> tuple[str, ...]:
        names = sorted(
            os.path.relpath(os.path.join(folder, name), store.root)
            for folder, folders, files in os.walk(store.root)
            for name in (*folders, *files)
            if ".git/" not in f"{folder}/"
        )
        return git(store, "rev-parse", "HEAD"), git(store, "status", "--porcelain"), *names

    return read
