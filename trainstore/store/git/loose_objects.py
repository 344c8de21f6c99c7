"""Writing git's objects one a file, as git does with a few: it costs no process."""

import hashlib
import os
import secrets
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_ALGORITHMS = {40: "sha1", 64: "sha256"}  # by the length of an id
_FASTEST = 1  # git's own choice for such files
_WRITERS = 4  # the disk flushes several files in the time of one


class LooseObjects:
    """Objects that get their ids at once, and are written together.

    Args:
        id_length: hex digits of an id of the repository.
    """

    def __init__(self, id_length: int) -> None:
        self._algorithm = _ALGORITHMS[id_length]
        self._objects: dict[str, bytes] = {}

    def add(self, kind: bytes, content: bytes) -> str:
        """Return the id of an object, which `write` will write."""
        whole = b"%s %d\0%s" % (kind, len(content), content)
        identity = hashlib.new(self._algorithm, whole, usedforsecurity=False).hexdigest()
        self._objects[identity] = whole
        return identity

    def write(self, folder: Path) -> None:
        """Write the objects below git's folder of them, each durable before it has its name."""
        targets = {folder / identity[:2] / identity[2:]: whole for identity, whole in self._objects.items()}
        with ThreadPoolExecutor(_WRITERS) as writers:
            list(writers.map(_write, targets, targets.values()))


def _write(target: Path, whole: bytes) -> None:
    if target.exists():
        with open(target, "rb") as file:  # plain git does not flush what it writes
            os.fsync(file.fileno())
        return
    target.parent.mkdir(exist_ok=True)
    passing = target.with_name(f"tmp_obj_{secrets.token_hex(8)}")  # git prunes what has such a name
    descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    try:
        with open(descriptor, "wb") as file:
            file.write(zlib.compress(whole, _FASTEST))
            file.flush()
            os.fsync(descriptor)
        passing.rename(target)
    except BaseException:
        passing.unlink(missing_ok=True)
        raise
