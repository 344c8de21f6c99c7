"""How a function's versions came about, drawn as the terminal draws it."""

from collections.abc import Sequence
from typing import NamedTuple

from trainstore.store.index.entries import Version
from trainstore.wording.graph import Node, draw
from trainstore.workflows.lineage_graph import Step


class GraphLine(NamedTuple):
    """A line of the graph.

    Attributes:
        rails: the lines that lead past it, as characters.
        step: what happened there; None where the lines alone go on.
        origin: the version that it was made from, where the lines do not show it.
    """

    rails: str
    step: Step | None
    origin: Version | None = None


def graph_of(steps: Sequence[Step]) -> list[GraphLine]:
    """Return the lines of a graph, newest first."""
    nodes = [Node(step.event.commit, step.continues, "*" if step.is_save else "o") for step in steps]
    lines: list[GraphLine] = []
    for step, (above, own) in zip(steps, draw(nodes), strict=True):
        lines += [GraphLine(rails, None) for rails in above]
        lines.append(GraphLine(own, step, _origin(step)))
    return lines


def _origin(step: Step) -> Version | None:
    version, made_from = step.version, step.made_from
    shown = made_from and version and step.continues and made_from.function == version.function
    return None if shown else made_from
