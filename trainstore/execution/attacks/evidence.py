"""How to see that an attack succeeded: checks, most of them on what the parent itself sees."""

import math
from collections.abc import Iterable

from trainstore.execution.attacks.attack import Check, Seen
from trainstore.execution.claims import is_metric_name

MUCH = 1 << 20  # bytes or characters, where a few are expected
_MOST_OF_IT = 0.9


def tells(secret: str) -> Check:
    """A secret that only who read it can know is in the output."""
    return lambda seen: seen.baits.secrets[secret] in seen.ran.output


def prints(text: str) -> Check:
    """The attempt ended well and said so: for what cannot be seen from outside."""
    return lambda seen: seen.sign == "done" and text in seen.ran.output


def ends_well(seen: Seen) -> bool:
    """The attempt says that it got what it wanted."""
    return seen.sign == "done"


def changes(file: str, below: str = "") -> Check:
    """A file is not what it was."""
    return lambda seen: seen.baits.decoys.changed(file, below)


def hears(message: bytes) -> Check:
    """A message came in."""
    return lambda seen: message in seen.baits.listeners.heard


def changes_victim(what: str) -> Check:
    """Something about another process is not what it was."""
    return lambda seen: seen.baits.victims.changed(what)


def outlives(seen: Seen) -> bool:
    """A process is there when the run is over."""
    return seen.baits.crowd.left > 0


def holds_tasks(count: int) -> Check:
    """Most of so many processes and threads were there at once, until the attack itself ended them."""
    return lambda seen: seen.sign == "done" and seen.baits.crowd.most_tasks > _MOST_OF_IT * count


def holds_memory(size: int) -> Check:
    """Most of so much memory was held at once, until the attack itself gave it back."""
    return lambda seen: seen.sign == "done" and seen.baits.crowd.most_memory > _MOST_OF_IT * size


def is_believed(seen: Seen) -> bool:
    """The parent takes it for a success."""
    return seen.ran.outcome == "succeeded"


def tells_in_model(seen: Seen) -> bool:
    """What the parent took for the model holds a secret of its own."""
    return seen.baits.secrets["linkable"].encode() in seen.ran.model


def breaks_parent(seen: Seen) -> bool:
    """The parent came to harm while it read the result."""
    return bool(seen.ran.parent_failed)


def gets_recorded(seen: Seen) -> bool:
    """What cannot be recorded is among the recorded metrics."""
    metrics = seen.ran.metrics
    if not isinstance(metrics, dict):
        return is_believed(seen)
    return not all(map(is_metric_name, metrics)) or not _are_finite(metrics.values())


def _are_finite(values: Iterable[object]) -> bool:
    return all(math.isfinite(value) for value in values if isinstance(value, int | float))
