"""The folder through which the parent and a worker pass files: its paths and its making."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from trainstore.execution.passing_folder import passing_folder

FUNCTION_MODULE = "training_function"

_PACKAGE = Path(__file__).resolve().parents[1]


class JobFolder:
    """The paths of one job.

    The names are short because sockets below ``tmp`` may be no longer than about 100 bytes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.request = root / "request.json"
        self.inputs = root / "inputs"
        self.code = root / "code"
        self.function_file = self.code / f"{FUNCTION_MODULE}.py"
        self.library = root / "lib"
        self.home = root / "home"
        self.tmp = root / "tmp"
        self.weights = root / "results" / "weights.safetensors"
        self.structure = root / "results" / "structure.pkl"
        self.supervisor_errors = root / "supervisor.txt"

    @classmethod
    @contextmanager
    def create(cls) -> Iterator["JobFolder"]:
        """Make an empty job folder, closed to other users; it is gone afterwards, whatever happens."""
        with passing_folder("job") as root:
            job = cls(root)
            for folder in (job.inputs, job.code, job.library, job.home, job.tmp, job.weights.parent):
                folder.mkdir(mode=0o700)
            # This package can be imported from here, and nothing that lies beside it, such as a work tree.
            (job.library / _PACKAGE.name).symlink_to(_PACKAGE)
            yield job


def create_result_file(path: Path) -> tuple[BinaryIO, int]:
    """A file that nobody had made before: one end to read from, and a descriptor that can only write.

    The reading end stays with the parent, so that what it reads is this file whatever is done to its name.
    """
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    writer = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | flags, 0o600)
    return os.fdopen(os.open(path, os.O_RDONLY | flags), "rb"), writer
