"""Which layer of one model is which of the other.

The leaves of both trees are aligned as sequences, by the weights of `similarity` (S. B. Needleman and C. D. Wunsch,
1970), so that names and the classes around them do not matter. What then is left over on both sides and equal has
moved. Containers are matched bottom-up by the leaves that they share, as GumTree does (J.-R. Falleri et al., 2014).
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from trainstore.diff.architecture.layer import Layer
from trainstore.diff.architecture.similarity import LEAST, place_of, settings_changes, similarity, sort_of

_MOST_COMPARED = 300_000  # pairs of leaves; beyond, only equal ones are found


class Matching(msgspec.Struct, frozen=True):
    """Pairs of layers that are the same one, each as places in the old and the new list.

    Attributes:
        leaves: in order on both sides.
        moved: leaves that stand elsewhere in the order.
        containers: layers with others in them.
    """

    leaves: tuple[tuple[int, int], ...]
    moved: tuple[tuple[int, int], ...]
    containers: tuple[tuple[int, int], ...]


def match(old: Sequence[Layer], new: Sequence[Layer]) -> Matching:
    """Match two trees, each as the list of its layers in the order of `Layer.walk`.

    The answer for two models the other way round is this one the other way round: ties depend on no direction.
    """
    if _key(new) < _key(old):
        found = _match(new, old)
        return Matching(*(_turned(pairs) for pairs in (found.leaves, found.moved, found.containers)))
    return _match(old, new)


def _turned(pairs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((old, new) for new, old in pairs))


def _match(old: Sequence[Layer], new: Sequence[Layer]) -> Matching:
    places = [[place for place, layer in enumerate(side) if is_leaf(layer)] for side in (old, new)]
    aligned = _aligned([old[place] for place in places[0]], [new[place] for place in places[1]])
    leaves = tuple((places[0][first], places[1][second]) for first, second in aligned)
    left = [
        [place for place in places[side] if place not in taken]
        for side, taken in enumerate(({pair[0] for pair in leaves}, {pair[1] for pair in leaves}))
    ]
    moved = _moved(old, new, left)
    return Matching(leaves, moved, _containers(old, new, [*leaves, *moved]))


def is_leaf(layer: Layer) -> bool:
    """Tell whether a layer has no others in it."""
    return not layer.children


def fingerprint(layer: Layer) -> tuple[object, ...]:
    """What makes a layer the same as another, but for its names."""
    kind = "" if layer.own else layer.kind
    settings = (
        layer.settings.values() if layer.own else sorted(layer.settings.items(), key=lambda item: item[0])
    )
    return kind, repr(list(settings)), layer.same_as is None, layer.condition is None


def _key(layers: Sequence[Layer]) -> list[tuple[str, ...]]:
    return [(str(fingerprint(layer)), layer.path, layer.kind) for layer in layers]


def _aligned(old: Sequence[Layer], new: Sequence[Layer]) -> list[tuple[int, int]]:
    """Pairs of leaves of the best alignment; equal beginnings and ends are taken as they are, for speed."""
    marks = [[(layer.path, *fingerprint(layer)) for layer in side] for side in (old, new)]
    least = min(len(old), len(new))
    start = next((place for place in range(least) if marks[0][place] != marks[1][place]), least)
    end = next(
        (place for place in range(least - start) if marks[0][-1 - place] != marks[1][-1 - place]),
        least - start,
    )
    middle = [side[start : len(side) - end] for side in (old, new)]
    if len(middle[0]) * len(middle[1]) <= _MOST_COMPARED:
        pairs = _best_alignment(*middle)
    else:
        from difflib import SequenceMatcher

        inner = [[fingerprint(layer) for layer in side] for side in middle]
        blocks = SequenceMatcher(None, inner[0], inner[1]).get_matching_blocks()
        pairs = [(block.a + step, block.b + step) for block in blocks for step in range(block.size)]
    shifted = [(first + start, second + start) for first, second in pairs]
    ends = [(len(old) - place, len(new) - place) for place in range(end, 0, -1)]
    return [*((place, place) for place in range(start)), *shifted, *ends]


def _best_alignment(old: Sequence[Layer], new: Sequence[Layer]) -> list[tuple[int, int]]:
    """The pairs, in order on both sides, whose similarities have the largest sum."""
    known: dict[tuple[int, int], float] = {}
    kinds: dict[tuple[object, ...], int] = {}
    marks = [
        [kinds.setdefault((*fingerprint(layer), layer.kind, *place_of(layer)), len(kinds)) for layer in side]
        for side in (old, new)
    ]
    sorts = [[sort_of(layer) for layer in side] for side in (old, new)]
    width = len(new) + 1
    best = [[0.0] * width for _ in range(len(old) + 1)]
    for row, layer in enumerate(old):
        above, here = best[row], best[row + 1]
        for column, other in enumerate(new):
            up, before = above[column + 1], here[column]
            left_out = up if up > before else before  # `max` would be a third of the time of all this
            if sorts[0][row] != sorts[1][column]:
                here[column + 1] = left_out
                continue
            pair = marks[0][row], marks[1][column]
            alike = known.get(pair)
            if alike is None:
                alike = known[pair] = similarity(layer, other)
            taken = above[column] + alike if alike >= LEAST else 0.0
            here[column + 1] = max(taken, left_out)
    pairs = []
    row, column = len(old), len(new)
    while row and column:
        alike = known.get((marks[0][row - 1], marks[1][column - 1]), 0.0)
        if alike >= LEAST and best[row][column] == best[row - 1][column - 1] + alike:
            row, column = row - 1, column - 1
            pairs.append((row, column))
        elif best[row][column] == best[row - 1][column]:
            row -= 1
        else:
            column -= 1
    return pairs[::-1]


def _moved(old: Sequence[Layer], new: Sequence[Layer], left: list[list[int]]) -> tuple[tuple[int, int], ...]:
    waiting: dict[tuple[object, ...], list[int]] = {}
    for place in left[1]:
        waiting.setdefault(fingerprint(new[place]), []).append(place)
    pairs = []
    for place in left[0]:
        same = waiting.get(fingerprint(old[place]))
        if same and not settings_changes(old[place], new[same[0]]):
            pairs.append((place, same.pop(0)))
    return tuple(pairs)


def _containers(
    old: Sequence[Layer], new: Sequence[Layer], leaves: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int], ...]:
    """Containers that hold the same leaves, those that share most first."""
    above = [_ancestors(side) for side in (old, new)]
    shared = Counter(
        (outer, other) for first, second in leaves for outer in above[0][first] for other in above[1][second]
    )
    sizes = [
        Counter(outer for place, line in enumerate(lines) for outer in line if is_leaf(side[place]))
        for side, lines in zip((old, new), above, strict=True)
    ]

    def worth(pair: tuple[int, int]) -> tuple[float, int, int, int]:
        first, second = pair
        dice = 2 * shared[pair] / (sizes[0][first] + sizes[1][second])
        alike = (old[first].kind == new[second].kind) + (old[first].own == new[second].own)
        depth = abs(len(above[0][first]) - len(above[1][second]))
        return (-dice, -alike, depth, first + second)

    roots = [(0, 0)] if shared[0, 0] else []  # whatever they share
    taken = ({first for first, _ in roots}, {second for _, second in roots})
    pairs = list(roots)
    for first, second in sorted(shared, key=lambda pair: (*worth(pair), pair)):
        if first not in taken[0] and second not in taken[1]:
            taken[0].add(first)
            taken[1].add(second)
            pairs.append((first, second))
    return tuple(sorted(pairs))


def _ancestors(layers: Sequence[Layer]) -> list[list[int]]:
    """Places of the containers of each layer, the outermost first."""
    found: list[list[int]] = [[] for _ in layers]
    place = 0

    def visit(layer: Layer, line: list[int]) -> None:
        nonlocal place
        own = place
        found[own] = line
        place += 1
        for child in layer.children:
            visit(child, [*line, own])

    visit(layers[0], [])
    return found
