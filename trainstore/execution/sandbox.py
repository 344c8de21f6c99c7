"""What keeps a worker in bounds, as it is reported with every run."""

from collections.abc import Sequence
from typing import Any

from trainstore.execution.limits import Limits

_ALWAYS = ("environment", "descriptors", "own_session", "process_tree", "output_limit")


def describe_sandbox(limits: Limits, worker_layers: Sequence[str]) -> dict[str, Any]:
    """The level and the layers: those of the parent and supervisor, and those that the worker set on itself.

    The level is ``weak``: files, network and memory of the user are within the worker's reach.
    """
    wall = ("wall_limit",) if limits.wall_seconds is not None else ()
    return {"level": "weak", "layers": [*_ALWAYS, *wall, *worker_layers]}
