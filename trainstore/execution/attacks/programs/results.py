"""Attacks with the result: on whoever reads it, and on whoever believes it."""

import contextlib
import importlib
import json
import math
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainstore.execution.attacks.programs.attempt import Bait, job_folder

_FORGED = {"outcome": "succeeded", "metrics": {"accuracy": (0.987654321).hex()}}


def replace_by_symlink(bait: Bait) -> None:
    _replace(lambda name: os.symlink(bait["linkable"], name))


def replace_by_hard_link(bait: Bait) -> None:
    _replace(lambda name: os.link(bait["linkable"], name))


def replace_by_fifo(bait: Bait) -> None:
    _replace(os.mkfifo)


def bomb_in_json(bait: Bait) -> None:
    """So deeply nested that a reader runs out of stack."""
    _write_everywhere(b"[" * 60_000 + b"\n")
    os._exit(0)


def number_bomb_in_json(bait: Bait) -> None:
    """A number so long that a reader computes for long."""
    _write_everywhere(b'{"metrics": {"loss": ' + b"9" * 50_000 + b"}}\n")
    os._exit(0)


def claim_nan(bait: Bait) -> Any:
    return _linear(), {"loss": math.nan, "accuracy": math.inf}


def claim_unprintable_names(bait: Bait) -> Any:
    return _linear(), {"\ud800": 1.0, "nul\0": 1.0, "\x1b[31m": 1.0}


def claim_no_dictionary(bait: Bait) -> Any:
    return _linear(), [("accuracy", 1.0)]


def give_malicious_pickle(bait: Bait) -> Any:
    module: Any = importlib.import_module("torch").nn.Module

    class Model(module):  # type: ignore[misc]
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
            return os.mkdir, (bait["opened"],)

    return Model(), {"accuracy": 1.0}


def exit_at_once(bait: Bait) -> None:
    os._exit(0)


def exit_politely(bait: Bait) -> None:
    sys.exit(0)


def close_descriptors(bait: Bait) -> Any:
    os.closerange(3, 4096)
    return _linear(), {"accuracy": 1.0}


def forge_record(bait: Bait) -> None:
    """A success without a model."""
    _write_everywhere(json.dumps(_FORGED).encode() + b"\n")
    os._exit(0)


def forge_record_and_model(bait: Bait) -> None:
    """A success with a model that was never trained, written past whatever would check it."""
    header = json.dumps({"weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    model = struct.pack("<Q", len(header)) + header + bytes(4)
    for descriptor in _own_descriptors():
        is_file = os.path.isfile(f"/proc/self/fd/{descriptor}")
        _write(descriptor, model if is_file else json.dumps(_FORGED).encode() + b"\n")
    os._exit(0)


def claim_too_much(bait: Bait) -> Any:
    """A wrong number, simply returned: the same as patching whatever reports it."""
    return _linear(), {"accuracy": 0.987654321}


def _linear() -> Any:
    return importlib.import_module("torch").nn.Linear(1, 1)


def _replace(make: Callable[[Path], None]) -> None:
    for result in list((job_folder() / "results").iterdir()):
        result.unlink()
        make(result)


def _write_everywhere(data: bytes) -> None:
    for descriptor in _own_descriptors():
        _write(descriptor, data)


def _write(descriptor: int, data: bytes) -> None:
    with contextlib.suppress(OSError):
        os.write(descriptor, data)


def _own_descriptors() -> list[int]:
    """What was handed to this process beside its standard streams."""
    found = []
    for number in range(3, 256):
        with contextlib.suppress(OSError):
            os.fstat(number)
            found.append(number)
    return found
