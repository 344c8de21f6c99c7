"""What changed from one version to the next, in one line."""

from collections.abc import Iterator, Sequence

from trainstore.diff.code.code_diff import CodeDiff
from trainstore.diff.search_space import SpaceDiff, default_of

_MOST = 5


def summarise_change(architecture: Sequence[str], space: SpaceDiff, code: CodeDiff) -> str:
    """Return what changed, the heaviest first: ``+1 Conv2d, d_model 32→64, lr default 0.001→0.01``.

    Args:
        architecture: what changed of layers, loss, optimiser and the like, in a few words each.
        space: what changed of the search space.
        code: named where nothing else changed; lines say little.
    """
    told = [*architecture, *_of_space(space, architecture)]
    if not told and code:
        told = ["line ends"] if code.line_ends else [f"code +{code.added} −{code.removed} lines"]
    more = len(told) - _MOST
    return ", ".join(told[:_MOST]) + (f", and {more} more" if more > 0 else "")


def _of_space(space: SpaceDiff, architecture: Sequence[str]) -> Iterator[str]:
    for sign, names in (("+", space.added), ("−", space.removed)):
        yield from (f"{sign}{name[:40]}" for name in names)
    for name, change in space.changed.items():
        if any(told.startswith(f"{name} ") for told in architecture):
            continue  # it sizes a layer, and is told there
        old, new = default_of(change.old), default_of(change.new)
        moved = "default moved" in change.how
        yield f"{name[:40]} {old}→{new}" if moved else f"{name[:40]} {change.how[0]}"
