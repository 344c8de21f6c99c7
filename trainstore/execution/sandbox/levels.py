"""How well a worker is kept in bounds: the layers that hold, and the level that they add up to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trainstore.records.surroundings import RecordedSandbox

Level = Literal["weak", "partial", "strong"]
Mechanism = Literal["bubblewrap", "unshare"]

LEVELS: tuple[Level, ...] = ("weak", "partial", "strong")  # in rising order

WALLS = ("namespaces", "landlock", "seccomp")
_FOUNDATION = ("no_new_privileges", "no_capabilities")  # without them each wall has a door


@dataclass(frozen=True)
class Layer:
    """One thing that keeps a worker in bounds.

    Attributes:
        name: what it is called in run.json.
        active: whether it holds.
        why: the reason why it does not, or a detail of how it does; may be empty where it does.
    """

    name: str
    active: bool
    why: str = ""


@dataclass(frozen=True)
class SandboxDemand:
    """What a run asks for.

    Attributes:
        least: a worker that does not reach this level runs no code.
        most: layers that only a higher level needs are left out.
        namespaces: the only mechanism to try; None for bubblewrap where it works, else ``unshare``.
    """

    least: Level = "partial"
    most: Level = "strong"
    namespaces: Mechanism | None = None


def sandbox_demand(allow_weak: bool) -> SandboxDemand:
    """The demand of a person who runs code, and who may have allowed the lowest level."""
    return SandboxDemand(least="weak") if allow_weak else SandboxDemand()


def level_of(layers: Sequence[Layer]) -> Level:
    """The level of what is active: ``strong`` with namespaces, Landlock and seccomp, ``partial`` with two of them."""
    active = {layer.name for layer in layers if layer.active}
    walls = sum(name in active for name in WALLS)
    if walls < 2 or not active.issuperset(_FOUNDATION):
        return "weak"
    return "strong" if walls == len(WALLS) else "partial"


def reaches(level: Level, least: Level) -> bool:
    """Whether a level is at least another."""
    return LEVELS.index(level) >= LEVELS.index(least)


def report(layers: Sequence[Layer]) -> RecordedSandbox:
    """What holds and what does not, as run.json has it."""
    return {
        "level": level_of(layers),
        "layers": [layer.name for layer in layers if layer.active],
        "missing": {layer.name: layer.why for layer in layers if not layer.active},
    }
