"""A history as a graph of plain characters, newest first, as ``git log --graph`` draws one."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Node(NamedTuple):
    """A point of the graph.

    Attributes:
        id: no two have the same.
        parent: the node that it continues from, further down; None where it has none, or none that is shown.
        mark: the character that stands for it.
    """

    id: str
    parent: str | None
    mark: str = "*"


def draw(nodes: Sequence[Node]) -> Iterator[tuple[list[str], str]]:
    """Yield, for each node, the lines to draw above it and the beginning of its own line."""
    shown = {node.id for node in nodes}
    columns: list[str | None] = []  # which node each line leads down to; None where there is none now
    for node in nodes:
        above = []
        if node.id not in columns:
            _lead(columns, node.id)
        place = columns.index(node.id)
        for other in range(len(columns) - 1, place, -1):
            if columns[other] == node.id:
                above.append(_joined(columns, place, other))
                columns[other] = None
        yield above, _line(columns, {2 * place: node.mark})
        columns[place] = node.parent if node.parent in shown else None
        while columns and columns[-1] is None:
            columns.pop()


def _lead(columns: list[str | None], node: str) -> None:
    """Begin a line to a node, in the first place that is free."""
    if None in columns:
        columns[columns.index(None)] = node
    else:
        columns.append(node)


def _joined(columns: Sequence[str | None], place: int, other: int) -> str:
    """Draw how one line joins another further left: ``|_|/``."""
    marks = {2 * column + 1: "_" for column in range(place, other - 1)}
    return _line(columns, {**marks, 2 * other - 1: "/", 2 * other: " "})


def _line(columns: Sequence[str | None], marks: dict[int, str]) -> str:
    characters = list("".join("| " if column else "  " for column in columns))
    for place, mark in marks.items():
        characters[place] = mark
    return "".join(characters).rstrip()
