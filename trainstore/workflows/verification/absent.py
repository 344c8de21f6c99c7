"""What it means that DVC's cache lacks an object altogether: a clone gets checkpoints and data when it needs them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Absent:
    """What is known of objects that are not here.

    Attributes:
        reclaimed: ids of checkpoints that were reclaimed here -> when, in Unix seconds.
        there: ids that the DVC remote was asked for, and has.
        not_asked: whether there is a DVC remote that was not asked.
    """

    reclaimed: Mapping[str, int] = field(default_factory=dict)
    there: frozenset[str] = frozenset()
    not_asked: bool = False
