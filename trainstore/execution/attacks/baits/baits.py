"""All baits of one run together."""

import ctypes
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from trainstore.execution.attacks.baits.crowd import Crowd
from trainstore.execution.attacks.baits.decoys import Decoys
from trainstore.execution.attacks.baits.keyring import Keyring
from trainstore.execution.attacks.baits.listeners import Listeners
from trainstore.execution.attacks.baits.terminal import Terminal
from trainstore.execution.attacks.baits.victims import Victims

VARIABLE = "TRAINSTORE_ATTACKED_KEY"

_SECRETS = (
    "ssh_key", "document", "listed", "git_config", "linkable", "shm", "environment", "other_environment",
    "command_line", "memory", "key",
)  # fmt: skip
_NOBODY = 65534
_DETACH = 2
_LARGEST_EXACT = 1 << 24  # of whole numbers in a float32


class Baits:
    """What one run is shown to go for, and what became of it.

    Attributes:
        marker: the name that the attack gives its processes; it is also in the names of what it may leave behind.
        secrets: what to what; whoever tells one has read it.
        test_value: a number that stands in the test part of the data and nowhere else.
    """

    def __init__(self, opened: ExitStack) -> None:
        self.marker = f"atk{secrets.token_hex(6)}"
        self.secrets = {name: secrets.token_hex(16) for name in _SECRETS}
        self.test_value = _LARGEST_EXACT - secrets.randbelow(1 << 20)
        self.decoys = opened.enter_context(closing(Decoys(self.marker, self.secrets)))
        opened.callback(_unmount, self.decoys.root / "mount")
        self.listeners = opened.enter_context(closing(Listeners(self.decoys.root)))
        self.victims = opened.enter_context(closing(Victims(self.secrets)))
        self.terminal = opened.enter_context(closing(Terminal()))
        self._keyring = opened.enter_context(closing(Keyring(self.marker, self.secrets["key"])))
        self.crowd = opened.enter_context(closing(Crowd(self.marker)))
        opened.enter_context(_environment(VARIABLE, self.secrets["environment"]))

    def settle(self) -> None:
        """The run is over: take in what is still on its way, count who is left, and end them."""
        self.crowd.close()
        self.listeners.close()
        self.terminal.settle()

    def offer(self) -> dict[str, Any]:
        """The baits as JSON values, for the attack."""
        found: dict[str, Any] = {"marker": self.marker, "variable": VARIABLE}
        for bait in (self.decoys, self.listeners, self.victims, self.terminal, self._keyring):
            found |= bait.offered
        if os.geteuid() == 0:
            found["root"] = True
        set_user_id = _make_set_user_id(self.decoys.root / "set-user-id")
        if set_user_id is not None:
            found["set_user_id"] = set_user_id
        return {name: str(value) if isinstance(value, Path) else value for name, value in found.items()}


@contextmanager
def make_baits() -> Iterator[Baits]:
    """Lay out baits; afterwards nothing is left of them, nor of what an attack may have made of them."""
    with ExitStack() as opened:
        yield Baits(opened)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]


def _make_set_user_id(path: Path) -> Path | None:
    """A program that would run as another user; None where only that other user could make it."""
    program = shutil.which("id")
    if os.geteuid() != 0 or program is None or os.statvfs(path.parent).f_flag & os.ST_NOSUID:
        return None
    shutil.copy(program, path)
    os.chown(path, _NOBODY, -1)
    path.chmod(0o4755)
    return path


def _unmount(path: Path) -> None:
    if path.is_mount():
        ctypes.CDLL(None).umount2(str(path).encode(), _DETACH)
