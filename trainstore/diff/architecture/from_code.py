"""The model that training code builds, read from its syntax tree. Nothing of the code is executed.

The code is followed from ``train_model`` with the hyperparameters at hand, as an interpreter would, over values of
which many are not known: partial evaluation. What a branch decides that cannot be decided here is kept as either.
"""

from collections.abc import Mapping
from typing import Any

from trainstore.diff.architecture.layer import FROM_CODE, Architecture, Settings
from trainstore.diff.architecture.reading.calls import Calls
from trainstore.diff.architecture.reading.data_symbols import data_symbols
from trainstore.diff.architecture.reading.layers import layer_tree
from trainstore.diff.architecture.reading.machine import TooLarge
from trainstore.diff.architecture.reading.training_parts import setting
from trainstore.diff.architecture.reading.values import (
    Built,
    Function,
    Items,
    OneOf,
    Part,
    Scope,
    Table,
    Value,
    is_plain,
)
from trainstore.diff.architecture.reading.written import written_settings
from trainstore.errors import InvalidRecord
from trainstore.records.training_code import ENTRY_POINT, POSITIONAL, parse_code

_MOST_LETTERS = 128 * 1024
_TOO_LARGE = "The code is too large to read its architecture."


def read_architecture(
    code: str, hyperparameters: Mapping[str, Any], data_profile: Mapping[str, Any] | None = None
) -> Architecture:
    """Read the model of some training code, and what trains it.

    Args:
        hyperparameters: what the function is called with.
        data_profile: of the data that it was written for; sizes in it make parameter counts known.

    Returns:
        An architecture without a model, and with a note, where the code cannot be read. Nothing is raised.
    """
    if len(code) > _MOST_LETTERS:
        return Architecture(None, notes=(_TOO_LARGE,))
    try:
        tree = parse_code(code)
    except InvalidRecord as error:
        return Architecture(None, notes=(str(error),))
    machine = Calls()
    try:
        scope = Scope({})
        machine.run(tree.body, scope)
        answer = _train(machine, scope, hyperparameters, data_profile or {})
        model = _model(machine, answer)
        tree_of_layers = None if model is None else layer_tree(machine, model)
    except (TooLarge, RecursionError, MemoryError):
        return Architecture(None, notes=(_TOO_LARGE,))
    notes = () if tree_of_layers else ("No model was found in the code that train_model returns.",)
    return Architecture(tree_of_layers, _surroundings(machine), FROM_CODE, notes)


def _train(
    machine: Calls, scope: Scope, hyperparameters: Mapping[str, Any], profile: Mapping[str, Any]
) -> Value:
    function = scope.variables.get(ENTRY_POINT)
    if not isinstance(function, Function):
        return None
    data = data_symbols(profile)
    named = {
        name: _given(value)
        for name, value in hyperparameters.items()
        if isinstance(name, str) and name not in POSITIONAL
    }
    return machine.call(function, [data[name] for name in POSITIONAL], named)


def _given(value: Any) -> Value:
    """A value of JSON as one of the code."""
    if isinstance(value, list):
        return Items(_given(item) for item in value[:500])
    if isinstance(value, dict):
        return Table({name: _given(item) for name, item in list(value.items())[:500]})
    return value if is_plain(value) else None


def _model(machine: Calls, answer: Value) -> Built | None:
    """What ``train_model`` returns, or else what it trains."""
    first = answer[0] if isinstance(answer, tuple) and answer else answer
    if isinstance(first, Table):
        first = next((value for value in first.items.values() if _is_model(value)), None)
    for candidate in (first, *machine.trained[:1], *machine.built[-1:]):
        options = candidate.options if isinstance(candidate, OneOf) else (candidate,)
        models: list[Built] = [option for option in options if _is_model(option)]
        if len(models) > 1:
            return machine.make(Built("either", children={str(n): one for n, one in enumerate(models)}))
        if models:
            return models[0]
    return None


def _is_model(value: Value) -> bool:
    return isinstance(value, Built) and value.module and not value.functional


def _surroundings(machine: Calls) -> dict[str, Settings]:
    """What was noted, by its name; a second one of a kind is told apart by a number."""
    parts = list(machine.parts)
    if not any(part.facet == "loss" for part in parts):
        parts += machine.losses[:1]
    found: dict[str, Settings] = {}
    for part in parts:
        told = _told(part)
        if told in [value for name, value in found.items() if name.startswith(part.facet)]:
            continue
        number = sum(name == part.facet or name.startswith(f"{part.facet} ") for name in found)
        found[part.facet if not number else f"{part.facet} {number + 1}"] = told
    return dict(list(found.items())[:40])


def _told(part: Part) -> Settings:
    kind = {"kind": part.kind} if part.kind else {}
    return kind | written_settings({name: setting(value) for name, value in part.settings.items()})
