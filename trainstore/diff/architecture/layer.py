"""A model as an ordered tree of layers, wherever it was read from."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

import msgspec

RECORDED = "recorded"
FROM_CODE = "read from the code"
_LONG = len("0.123456")

# Numbers, texts, booleans, None, tuples of them; expressions that stay unknown are `Text`.
Settings = Mapping[str, Any]


class Text(str):
    """An expression of the code that the code alone does not decide, such as ``X_train.shape[1]``.

    Attributes:
        value: what it is for the data at hand; None where that is not known.
    """

    value: Any

    def __new__(cls, text: str, value: Any = None) -> Self:
        made = super().__new__(cls, text)
        made.value = value
        return made


class Layer(msgspec.Struct, frozen=True):
    """One module of a model, or one functional call of its forward pass.

    Attributes:
        path: where it stands in the model, such as ``encoder.layers.0``; empty for the model itself.
        kind: its class, such as ``Conv2d``. A functional call has the name of the class that does the same.
        settings: those that are not the ones that torch takes by itself.
        parameters: values in all its parameters, those of the layers in it included; None where it is not known.
        output_shape: of its answer to a few rows, the rows included; only runs record it.
        own: its class stands in the training code.
        functional: it is a call such as ``F.relu``, not a module.
        source: `RECORDED` or `FROM_CODE`.
        same_as: path of the layer before that this is, too.
        condition: the expression that decides whether it is there, where the code does not say.
    """

    path: str
    kind: str
    settings: Settings = {}
    children: tuple["Layer", ...] = ()
    parameters: int | None = None
    output_shape: tuple[int, ...] | None = None
    own: bool = False
    functional: bool = False
    source: str = FROM_CODE
    same_as: str | None = None
    condition: str | None = None

    def walk(self) -> Iterator["Layer"]:
        """Yield this layer and all in it, each before those in it."""
        waiting = [self]
        while waiting:
            layer = waiting.pop()
            yield layer
            waiting.extend(reversed(layer.children))


class Architecture(msgspec.Struct, frozen=True):
    """A model, and what trains it.

    Attributes:
        model: None where none was found; ``notes`` then say why.
        surroundings: loss, optimiser, schedule and the like by name, each with its ``kind`` and settings. Read from
            the code, always.
        source: where the layers were read from.
        notes: what could not be read, in sentences for people.
    """

    model: Layer | None
    surroundings: Mapping[str, Settings] = {}
    source: str = FROM_CODE
    notes: tuple[str, ...] = ()

    @property
    def parameters(self) -> int | None:
        """Values in all parameters of the model; None where not all sizes are known."""
        return None if self.model is None else self.model.parameters


def value_told(value: Any) -> str:
    """Return a setting as text; what was computed has six digits, and not sixteen."""
    text = str(value)
    return f"{value:.6g}" if isinstance(value, float) and len(text) > _LONG else text
