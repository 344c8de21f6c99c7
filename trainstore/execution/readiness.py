"""The first message of a worker: ready, or why it cannot begin.

It is sent before a training function is imported. But a recorded environment's packages are not trusted either, and by
then they are: so what it says is checked like any claim.
"""

from typing import Annotated, Any

import msgspec

from trainstore.errors import DeviceUnavailable, TrainstoreError, UsageError
from trainstore.plain_text import plain
from trainstore.records.surroundings import RecordedEnvironment

READY_BYTES = 1 << 20  # a thousand distributions take 40 KB

_NOT_SAID = "the worker did not say whether it is ready"


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker set up.

    Attributes:
        device: that it computes on.
        threads: of torch.
        mapped_names: what the code asks of CUDA, where the device stands in for it.
        missing_imports: names that the code uses without importing them, and was given.
        environment: versions and hardware, as run.json has them; empty where nothing is trained.
    """

    device: Annotated[str, msgspec.Meta(pattern=r"^(cpu|mps|cuda:\d{1,3})$")]
    threads: Annotated[int, msgspec.Meta(ge=1)]
    mapped_names: list[str] = []
    missing_imports: list[str] = []
    environment: RecordedEnvironment = {}


def check_ready(message: dict[str, Any]) -> Ready:
    """What the worker set up.

    Raises:
        DeviceUnavailable: the device is not on this machine, or the code can run on another only.
        UsageError: a library is not installed.
        TrainstoreError: the message is none of these.
    """
    match message:
        case {"ready": dict(told)}:
            return _checked(told)
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
            raise TrainstoreError(_NOT_SAID)


def _checked(told: dict[str, Any]) -> Ready:
    try:
        ready = msgspec.convert(told, Ready)
        msgspec.json.encode(ready)  # run.json could not hold text that is not Unicode
    except ValueError as error:
        raise TrainstoreError(_NOT_SAID) from error
    return ready
