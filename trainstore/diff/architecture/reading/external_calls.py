"""What calls of torch, of other libraries and of Python's own functions give."""

from typing import TYPE_CHECKING

from trainstore.diff.architecture.reading.building import build, copy_of, is_layer
from trainstore.diff.architecture.reading.data_symbols import is_tensor, symbol_function
from trainstore.diff.architecture.reading.forward_operations import note_function
from trainstore.diff.architecture.reading.python_values import call_builtin
from trainstore.diff.architecture.reading.training_parts import (
    LOSS_FUNCTIONS,
    loss_part,
    note_part,
    settings,
)
from trainstore.diff.architecture.reading.values import (
    Built,
    External,
    Function,
    Items,
    Method,
    Symbol,
    Value,
    known,
    text_of,
)

if TYPE_CHECKING:
    from trainstore.diff.architecture.reading.machine import Machine

_THE_SAME = frozenset(
    ["torch.compile", "torch.jit.script", "torch.nn.DataParallel", "torch.nn.parallel.DataParallel",
     "torch.nn.parallel.DistributedDataParallel", "tqdm", "tqdm.tqdm", "tqdm.auto.tqdm", "builtins.tqdm"]
)  # fmt: skip
_COPIES = ("copy.deepcopy", "copy.copy")
_NORMS = ("weight_norm", "spectral_norm")
_NEW_TENSORS = ("zeros", "ones", "randn", "rand", "empty", "full")
_LIBRARIES = (
    "torchvision.models.", "timm.", "transformers.", "torch_geometric.nn.", "segmentation_models_pytorch.",
    "monai.networks.", "efficientnet_pytorch.",
)  # fmt: skip


def call_external(
    machine: "Machine", function: External, arguments: list[Value], named: dict[str, Value]
) -> Value:
    """Return what a call of something imported or built in gives."""
    name = function.name
    first = arguments[0] if arguments else None
    if name in _THE_SAME and arguments:
        return first
    if name in _COPIES:
        return copy_of(machine, first) if isinstance(first, Built) else first
    if note_part(machine, name, arguments, named):
        return first if is_layer(first) else _result(function, arguments, named)
    if name.startswith(("torch.nn.", "torch.ao.nn.")):
        return _of_torch_nn(machine, function, arguments, named)
    if name.startswith(_LIBRARIES) and not name.startswith("transformers.get_"):
        return machine.make(Built(function.last, settings(function.last, arguments, named)))
    return _of_python(machine, function, arguments, named)


def _of_python(
    machine: "Machine", function: External, arguments: list[Value], named: dict[str, Value]
) -> Value:
    name = function.name
    first = arguments[0] if arguments else None
    if function.last == "checkpoint" and isinstance(first, Function | Built):
        return machine.call(first, arguments[1:], {})
    if name == "builtins.setattr" and len(arguments) == 3 and isinstance(first, Built):
        return machine.call(Method(first, "setattr"), arguments[1:], {})
    result = call_builtin(name.removeprefix("builtins."), arguments, named)
    if result is not None:
        return result
    if name.startswith(("torch.", "einops.")):
        note_function(machine, name, arguments, named)
    return _result(function, arguments, named)


def _of_torch_nn(
    machine: "Machine", function: External, arguments: list[Value], named: dict[str, Value]
) -> Value:
    name, last = function.name, function.last
    if name.startswith("torch.nn.functional."):
        if last in LOSS_FUNCTIONS:
            given = {key: value for key, value in named.items() if key not in ("input", "target")}
            part = loss_part(LOSS_FUNCTIONS[last], arguments[2:], given)
            machine.losses.append(part)
            return Symbol("a loss", losses=(part, *_result(function, arguments, named).losses))
        note_function(machine, name, arguments, named)
        return _result(function, arguments, named)
    if last in _NORMS and arguments and isinstance(arguments[0], Built):
        arguments[0].settings["normalised"] = last
        return arguments[0]
    if last == "__init__":  # nn.Module.__init__(self)
        return None
    if last[:1].isupper() and ".utils." not in name and last != "Buffer":
        return build(machine, last, arguments, named)
    return _result(function, arguments, named)


def _result(function: External, arguments: list[Value], named: dict[str, Value]) -> Symbol:
    told = [text_of(argument) for argument in arguments[:6]]
    told += [f"{key}={text_of(value)}" for key, value in list(named.items())[:6] if key != "device"]
    name = function.name.removeprefix("builtins.")
    values = [*arguments, *named.values()]
    plain = Symbol(
        text_of(Symbol(f"{name}({', '.join(told)})")),
        tensor=any(
            is_tensor(value) for key, value in (*enumerate(arguments), *named.items()) if key != "device"
        ),
        losses=tuple(dict.fromkeys(loss for value in values for loss in getattr(value, "losses", ()))),
    )
    if name.startswith("torch.") and function.last in _NEW_TENSORS:
        return _new_tensor(plain, function.last, arguments)
    return symbol_function(function.last, arguments, plain)


def _new_tensor(plain: Symbol, name: str, arguments: list[Value]) -> Symbol:
    first = arguments[0] if arguments else None
    sizes = first.items if isinstance(first, Items) else first if isinstance(first, tuple) else arguments
    numbers = [known(size) for size in sizes]
    if name == "full" or not all(type(number) is int for number in numbers):
        return Symbol(plain.text)
    return Symbol(plain.text, shape=tuple(numbers))
