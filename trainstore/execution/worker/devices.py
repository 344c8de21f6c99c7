"""Which device a worker computes on."""

import torch


class Refused(Exception):
    """The run cannot begin on the devices that are here; the text says why.

    Args:
        text: the sentence.
        what: ``device`` where the one asked for is not there, ``code`` where the code needs another.
    """

    def __init__(self, text: str, what: str = "device") -> None:
        super().__init__(text)
        self.what = what


def resolve(requested: str) -> tuple[torch.device, str]:
    """The device for ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``, and its full name for the record.

    Raises:
        Refused: it is not on this machine.
    """
    if requested == "cpu":
        return torch.device("cpu"), "cpu"
    available = available_devices()
    name = _first_of_kind(requested, available) if requested != "auto" else available[0]
    if name not in available:
        raise Refused(f"device {requested!r} is not here; this machine has {', '.join(available)}")
    if name.startswith("cuda"):
        torch.cuda.set_device(name)
    # Generated code compares with torch.device("cuda"), which is not equal to torch.device("cuda:0").
    return torch.device("cuda" if name == "cuda:0" else name), name


def available_devices() -> list[str]:
    """Names of all devices that torch can use here, the preferred one first."""
    devices = [
        f"cuda:{number}" for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0)
    ]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return [*devices, "cpu"]


def _first_of_kind(requested: str, available: list[str]) -> str:
    return next((name for name in available if name.split(":")[0] == requested), requested)
