"""From what the code builds to the tree of layers that is shown, in the order of the forward pass."""

from math import prod
from typing import TYPE_CHECKING

from trainstore.diff.architecture.layer import Layer
from trainstore.diff.architecture.parameter_counts import count_parameters
from trainstore.diff.architecture.reading.machine import TooLarge
from trainstore.diff.architecture.reading.training_parts import setting
from trainstore.diff.architecture.reading.values import Built, OneOf, Value
from trainstore.diff.architecture.reading.written import known_settings, written_settings

if TYPE_CHECKING:
    from trainstore.diff.architecture.reading.calls import Calls

_MOST_LAYERS = 2_000
_DEEPEST = 40


def layer_tree(machine: "Calls", model: Built) -> Layer:
    """Return the layers of a model, in the order in which its forward pass comes to them. Raises TooLarge."""
    return _Tree(machine).layer(model, "", None, 0)


class _Tree:
    def __init__(self, machine: "Calls") -> None:
        self.machine = machine
        self.places: dict[int, str] = {}
        self.made = 0

    def layer(self, built: Built, path: str, condition: str | None, depth: int) -> Layer:
        self.made += 1
        if self.made > _MOST_LAYERS or depth > _DEEPEST:
            raise TooLarge
        same_as = self.places.get(id(built))
        if same_as is not None:
            return Layer(path, built.kind, parameters=0, own=built.cls is not None, same_as=same_as)
        self.places[id(built)] = path
        children = tuple(self._children(built, path, depth))
        settings = {name: setting(value) for name, value in built.settings.items()}
        return Layer(
            path,
            built.kind,
            written_settings(settings),
            children,
            _parameters(built, known_settings(settings), children),
            own=built.cls is not None,
            functional=built.functional,
            condition=condition,
        )

    def _children(self, built: Built, path: str, depth: int) -> list[Layer]:
        self.machine.read_forward(built)
        made: list[tuple[float, Layer]] = []
        order = _order(built)
        for name, value in built.children.items():
            inner = f"{path}.{name}" if path else name
            for option, condition in _options(value):
                rank = order.get(id(option), made[-1][0] if made else -1.0)
                made.append((rank, self.layer(option, inner, condition, depth + 1)))
        for place, passed in enumerate(built.passed or []):
            if passed.functional:
                label = str(passed.attributes["label"])
                inner = f"{path}.{label}()" if path else f"{label}()"
                made.append((place, self.layer(passed, inner, None, depth + 1)))
        return [layer for _, layer in sorted(made, key=lambda entry: entry[0])]


def _options(value: Value) -> list[tuple[Built, str | None]]:
    if isinstance(value, OneOf):
        return [(option, value.condition) for option in value.options if isinstance(option, Built)]
    return [(value, value.repeated)] if isinstance(value, Built) else []


def _order(built: Built) -> dict[int, float]:
    """When the forward pass comes to each child first, by the child's id: to it, or to a layer in it."""
    first: dict[int, int] = {}
    for place, passed in enumerate(built.passed or []):
        first.setdefault(id(passed), place)
    if not first:
        return {}
    found: dict[int, float] = {}
    for value in built.children.values():
        for child, _ in _options(value):
            places = [first[id(inner)] for inner in _within(child) if id(inner) in first]
            if places:
                found[id(child)] = min(places)
    return found


def _within(built: Built) -> list[Built]:
    found: list[Built] = []
    waiting = [built]
    while waiting and len(found) < _MOST_LAYERS:
        one = waiting.pop()
        found.append(one)
        waiting += [inner for value in one.children.values() for inner, _ in _options(value)]
    return found


def _parameters(built: Built, settings: dict[str, Value], children: tuple[Layer, ...]) -> int | None:
    """Its own and those of the layers in it; None where one of them is not known."""
    own: int | None = 0
    if built.kind == "Parameter" and built.cls is None:
        shape = settings.get("shape")
        own = prod(shape) if isinstance(shape, tuple) else None
    elif built.repeated or built.kind == "either" or any(child.condition for child in children):
        return None
    elif built.functional or built.cls is not None:
        own = 0
    elif not children:
        own = count_parameters(built.kind, settings) if built.kind not in _EMPTY else 0
    counts = [own, *(child.parameters for child in children)]
    return None if None in counts else sum(count for count in counts if count is not None)


_EMPTY = ("Sequential", "ModuleList", "ModuleDict", "TransformerEncoder", "TransformerDecoder")
