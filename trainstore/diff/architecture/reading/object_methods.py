"""Methods of modules, and of what is not known."""

from collections.abc import Callable

from trainstore.diff.architecture.reading.assignments import Assignments
from trainstore.diff.architecture.reading.building import add
from trainstore.diff.architecture.reading.data_symbols import symbol_method
from trainstore.diff.architecture.reading.forward_operations import note_method
from trainstore.diff.architecture.reading.python_values import items_of
from trainstore.diff.architecture.reading.training_parts import note_small_type
from trainstore.diff.architecture.reading.values import (
    Built,
    Function,
    Items,
    Symbol,
    Table,
    Value,
    text_of,
)

THE_SAME = frozenset(
    ["to", "cuda", "cpu", "float", "half", "double", "bfloat16", "eval", "train", "requires_grad_", "to_empty",
     "share_memory", "compile", "type", "apply"]
)  # fmt: skip


def call_built_method(
    machine: Assignments, owner: Built, name: str, arguments: list[Value], named: dict[str, Value]
) -> Value:
    """Return what a method gives that a module has from torch."""
    if name in THE_SAME:
        note_small_type(machine, name, [*arguments, *named.values()])
        if name == "apply" and arguments and isinstance(arguments[0], Function):
            machine.call(arguments[0], [Symbol("each module")], {})
        return owner
    if name == "forward":
        return machine.call(owner, arguments, named)
    if name in _CHANGES:
        _CHANGES[name](machine, owner, arguments)
    elif owner.kind in ("Sequential", "ModuleList", "ModuleDict") and name in _VIEWS:
        return _VIEWS[name](owner)
    elif name == "parameters":
        machine.trained.append(owner)
    return Symbol(f"{owner.kind}.{name}(…)", tensor=machine.passing is not None)


def _append(machine: Assignments, owner: Built, arguments: list[Value]) -> None:
    add(machine, owner, arguments[-1:])


def _extend(machine: Assignments, owner: Built, arguments: list[Value]) -> None:
    items = items_of(arguments[0]) if arguments else None
    add(machine, owner, [Symbol(text_of(one)) for one in arguments] if items is None else items)


def _register(machine: Assignments, owner: Built, arguments: list[Value]) -> None:
    if len(arguments) >= 2:
        name = arguments[0] if isinstance(arguments[0], str) else text_of(arguments[0])
        machine.set_attribute(owner, name, arguments[1])


def _update(machine: Assignments, owner: Built, arguments: list[Value]) -> None:
    for table in arguments[:1]:
        for key, value in table.items.items() if isinstance(table, Table) else ():
            machine.set_item(owner, key, value)


_CHANGES: dict[str, Callable[[Assignments, Built, list[Value]], None]] = {
    "append": _append,
    "insert": _append,
    "extend": _extend,
    "update": _update,
    **dict.fromkeys(
        ("add_module", "register_module", "register_buffer", "register_parameter", "setattr"), _register
    ),
}
_VIEWS: dict[str, Callable[[Built], Value]] = {
    "children": lambda owner: Items(owner.children.values()),
    "values": lambda owner: Items(owner.children.values()),
    "items": lambda owner: Items(owner.children.items()),
    "keys": lambda owner: Items(owner.children),
}


def call_symbol_method(
    machine: Assignments, owner: Symbol, name: str, arguments: list[Value], named: dict[str, Value]
) -> Value:
    """Return what a method of something that is not known gives, and note what it tells of the model."""
    losses = [*owner.losses, *(loss for one in arguments for loss in getattr(one, "losses", ()))]
    if name == "backward":
        for loss in losses:
            machine.note(loss)
    if machine.passing is None and name in ("to", "half", "type"):
        note_small_type(machine, name, [*arguments, *named.values()])
    if owner.tensor:
        note_method(machine, name, arguments, named)
    result = symbol_method(owner, name, arguments, named)
    tensor = result.tensor or (machine.passing is not None and any(_is_tensor(one) for one in arguments))
    return Symbol(
        result.text, result.value, tensor, result.shape, result.labels, tuple(dict.fromkeys(losses))
    )


def _is_tensor(value: Value) -> bool:
    return isinstance(value, Symbol) and value.tensor
