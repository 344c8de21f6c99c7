"""Processes that die at any step, and what they leave."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.store.git.repository import Repository

# What Python itself reports before it does it: each is a place to die at.
STEPS = {"subprocess.Popen", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link"}


@pytest.fixture
def in_child() -> Callable[..., int]:
    """Run something in a forked process; return how many steps it took, or minus the signal that ended it."""

    def run(act: Callable[[], object], kill_at: int = 0) -> int:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            taken = 0

            def count(event: str, _: object) -> None:
                nonlocal taken
                if event in STEPS:
                    taken += 1
                    if taken == kill_at:
                        os.kill(os.getpid(), signal.SIGKILL)

            try:
                sys.addaudithook(count)
                act()
                os.write(writer, str(taken).encode())
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            text = answer.read()
        _, status = os.waitpid(child, 0)
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else int(text)

    return run


@pytest.fixture
def files_below() -> Callable[..., dict[str, Any]]:
    """Every file of a store's functions and runs with its content, checkpoints too."""

    def read(store: Repository) -> dict[str, bytes]:
        return {
            str(file.relative_to(store.root)): file.read_bytes()
            for top in ("generated_training_functions", "training_runs")
            for file in sorted((store.root / top).rglob("*"))
            if file.is_file()
        }

    return read
