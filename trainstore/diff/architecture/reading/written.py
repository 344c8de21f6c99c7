"""Settings as they are shown: numbers as numbers, expressions as the text of the code."""

from collections.abc import Mapping
from typing import Any

from trainstore.diff.architecture.layer import Text
from trainstore.diff.architecture.reading.values import Symbol, Value, known


def written_settings(settings: Mapping[str, Value]) -> dict[str, Any]:
    """Return settings with symbols as `Text`."""
    return {name: _written(value) for name, value in settings.items()}


def known_settings(settings: Mapping[str, Value]) -> dict[str, Any]:
    """Return settings with the sizes of the data at hand for the symbols that stand for them."""
    return {name: _known(value) for name, value in settings.items()}


def _written(value: Value) -> Any:
    if isinstance(value, Symbol):
        return Text(value.text, value.value)
    return tuple(_written(part) for part in value) if isinstance(value, tuple) else value


def _known(value: Value) -> Any:
    if isinstance(value, tuple):
        return tuple(_known(part) for part in value)
    number = known(value)
    return Text(number.text) if isinstance(number, Symbol) else number
