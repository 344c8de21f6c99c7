"""Becomes an ordinary user and runs a command; its one argument is JSON with ``user``, ``needed`` and ``command``."""

import json
import os
import sys
from pathlib import Path

from trainstore.execution.sandbox.system import mount, unshare

_NEW_MOUNTS = 0x20000
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18


def open_up(needed: list[str]) -> None:
    """Lay an open folder over each closed one, with nothing in it but what is needed."""
    unshare(_NEW_MOUNTS)
    mount("none", "/", None, _RECURSIVE | _PRIVATE)
    for path in needed:
        closed = [parent for parent in reversed(Path(path).parents) if not parent.stat().st_mode & 1]
        if not closed:
            continue
        held = os.open(path, os.O_PATH)
        mount("tmpfs", str(closed[0]), "tmpfs", 0, "mode=0755")
        Path(path).mkdir(parents=True)
        mount(f"/proc/self/fd/{held}", path, None, _BIND | _RECURSIVE)
        os.close(held)


if __name__ == "__main__":
    orders = json.loads(sys.argv[1])
    try:
        open_up(orders["needed"])
        os.setgroups([])
        os.setresgid(orders["user"], orders["user"], orders["user"])
        os.setresuid(orders["user"], orders["user"], orders["user"])
    except OSError as error:
        sys.exit(f"cannot be made: {error}")
    os.execv(orders["command"][0], orders["command"])
