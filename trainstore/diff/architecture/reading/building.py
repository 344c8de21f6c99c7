"""What torch's own classes build."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from trainstore.diff.architecture.reading.python_values import items_of
from trainstore.diff.architecture.reading.training_parts import settings
from trainstore.diff.architecture.reading.values import (
    Built,
    Items,
    OneOf,
    Symbol,
    Table,
    Value,
    is_plain,
    known,
    text_of,
)
from trainstore.diff.architecture.torch_layers import is_known

if TYPE_CHECKING:
    from trainstore.diff.architecture.reading.machine import Machine

_MOST_COPIES = 500


def build(machine: "Machine", kind: str, arguments: list[Value], named: dict[str, Value]) -> Built:
    """Return the object that a class of torch.nn makes."""
    built = machine.make(Built(kind))
    fill(machine, built, kind, arguments, named)
    return built


def fill(
    machine: "Machine", built: Built, kind: str, arguments: list[Value], named: dict[str, Value]
) -> None:
    """Do to an object what the ``__init__`` of a class of torch.nn does."""
    if kind in _CONTAINERS:
        _CONTAINERS[kind](machine, built, arguments, named)
    elif kind == "Parameter":
        built.settings = {"shape": shape_of(arguments[0] if arguments else named.get("data"))}
    elif kind != "Module":
        built.settings = settings(kind, arguments, named)
        if not is_known(kind):  # other modules may stand in it
            for place, value in enumerate(arguments):
                if is_layer(value):
                    machine.write(built.children, str(place), value)
            for name, value in named.items():
                if is_layer(value):
                    machine.write(built.children, name, value)


def is_layer(value: Value) -> bool:
    """Tell whether a value is a module, or may be one."""
    if isinstance(value, OneOf):
        return any(is_layer(option) for option in value.options)
    return isinstance(value, Built) and value.module


def add(machine: "Machine", built: Built, values: list[Value]) -> None:
    """Append modules to a container, as they are numbered."""
    for value in values:
        machine.step()
        if is_layer(value):
            machine.write(built.children, str(len(built.children)), value)
        elif isinstance(value, Symbol):  # some layer that the code alone does not tell
            unknown = machine.make(Built("unknown", {"code": value}))
            machine.write(built.children, str(len(built.children)), unknown)


def copy_of(machine: "Machine", built: Built) -> Built:
    """Return another object like this one, as ``copy.deepcopy`` does."""
    copy = machine.make(Built(built.kind, dict(built.settings), built.cls, built.module))
    copy.repeated = built.repeated
    copy.attributes = dict(built.attributes)
    for name, child in built.children.items():
        copy.children[name] = copy_of(machine, child) if isinstance(child, Built) else child
    return copy


def shape_of(value: Value) -> Value:
    """Return the shape of a new tensor: ``torch.zeros(1, 10)`` carries it as the text of its call."""
    shape = value.shape if isinstance(value, Symbol) else None
    if shape is not None and None not in shape:
        return shape
    return value if isinstance(value, Symbol) else Symbol(text_of(value))


def _sequential(machine: "Machine", built: Built, arguments: list[Value], named: dict[str, Value]) -> None:
    first = arguments[0] if len(arguments) == 1 else None
    if isinstance(first, Table):
        for name, value in first.items.items():
            machine.write(built.children, str(name), value)
    else:
        add(machine, built, arguments)


def _list(machine: "Machine", built: Built, arguments: list[Value], named: dict[str, Value]) -> None:
    given = arguments[0] if arguments else named.get("modules", ())
    items = items_of(given)
    add(machine, built, [Symbol(text_of(given))] if items is None else items)


def _dict(machine: "Machine", built: Built, arguments: list[Value], named: dict[str, Value]) -> None:
    given = arguments[0] if arguments else named.get("modules")
    if isinstance(given, Items | tuple):
        pairs = [items_of(pair) or [] for pair in items_of(given) or []]
        given = Table({pair[0]: pair[1] for pair in pairs if len(pair) == 2 and is_plain(pair[0])})
    for name, value in given.items.items() if isinstance(given, Table) else ():
        machine.write(built.children, str(name), value)


def _encoder(machine: "Machine", built: Built, arguments: list[Value], named: dict[str, Value]) -> None:
    """`torch.nn.TransformerEncoder`: copies of a layer, then a norm."""
    taken = dict(zip(("encoder_layer", "num_layers", "norm"), arguments, strict=False)) | named
    layer = taken.get("encoder_layer", taken.get("decoder_layer"))
    count = known(taken.get("num_layers"))
    layers = machine.make(Built("ModuleList"))
    if isinstance(layer, Built) and type(count) is int and 0 <= count <= _MOST_COPIES:
        add(machine, layers, [copy_of(machine, layer) for _ in range(count)])
    else:
        add(machine, layers, [layer])
        built.settings = settings(built.kind, [], {"num_layers": taken.get("num_layers")})
    machine.write(built.children, "layers", layers)
    if isinstance(taken.get("norm"), Built):
        machine.write(built.children, "norm", taken["norm"])


_CONTAINERS: dict[str, Callable[["Machine", Built, list[Value], dict[str, Value]], None]] = {
    "Sequential": _sequential,
    "ModuleList": _list,
    "ModuleDict": _dict,
    "TransformerEncoder": _encoder,
    "TransformerDecoder": _encoder,
}
