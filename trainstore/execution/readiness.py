"""The first message of a worker: ready, or why it cannot begin."""

from typing import Any

from trainstore.errors import DeviceUnavailable, TrainstoreError, UsageError
from trainstore.plain_text import plain


def check_ready(message: dict[str, Any]) -> dict[str, Any]:
    """What the worker set up: ``device``, ``mapped_names``, ``missing_imports``, ``threads`` and ``environment``.

    Raises:
        DeviceUnavailable: the device is not on this machine, or the code can run on another only.
        UsageError: a library is not installed.
        TrainstoreError: the message is none of these.
    """
    match message:
        case {"ready": dict(ready)}:
            return ready
        case {"refused": "device", "message": str(text)}:
            raise DeviceUnavailable(plain(text), hint="use --device auto to take what this machine has")
        case {"refused": "code", "message": str(text)}:
            raise DeviceUnavailable(plain(text), hint="run this version on a machine with an NVIDIA GPU")
        case {"refused": "import", "message": str(text)}:
            raise UsageError(
                f"training functions cannot be run here: {plain(text)}",
                hint="pip install torch numpy safetensors cloudpickle",
            )
        case _:
            raise TrainstoreError("the worker did not say whether it is ready")
