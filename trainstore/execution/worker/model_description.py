"""Describes a restored model: its modules in order, with their tensors, settings, and shapes of one forward pass."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import msgspec
from torch import nn

from trainstore.execution.model_claim import MODULE_COUNT
from trainstore.execution.worker.forward_pass import first_tensor
from trainstore.execution.worker.model_tensors import TensorCount, is_packed, own_tensors
from trainstore.execution.worker.restored_model import RestoredModel
from trainstore.plain_text import one_line
from trainstore.records.model_facts import LONGEST_NAME, ModelFacts, ModuleFacts, Shape

Place = tuple[str, nn.Module, str | None]  # path, module, and the path under which the same one stood before
Shapes = tuple[Shape | None, Shape | None]  # of what a module got, and of what it answered

_READ_AT_MOST = 4 * LONGEST_NAME  # of a text, before it is made plain, which takes its time


def describe_model(restored: RestoredModel, ask: Callable[[], object]) -> bytes:
    """JSON of `ModelFacts`, but for what the parent finds out itself.

    Args:
        restored: the model.
        ask: makes a forward pass, or fails at it.
    """
    shapes = _shapes(restored.module, ask)
    count = TensorCount()
    listed: list[ModuleFacts] = []
    left_out = 0
    for place in _walk(restored.module):
        facts = _describe(place, count, shapes.get(id(place[1]), (None, None)))
        if len(listed) < MODULE_COUNT:
            listed.append(facts)
        else:
            left_out += 1
            count.left_out += len(facts.parameters) + len(facts.buffers)
    return msgspec.json.encode(
        ModelFacts(
            parameters=count.parameters,
            trainable=count.trainable,
            buffers=count.buffers,
            inference_bytes=restored.packed_bytes,
            packed_bytes=restored.packed_bytes,
            modules=listed,
            modules_left_out=left_out,
            tensors_left_out=count.left_out,
            doubts=[],
        )
    )


def _walk(model: nn.Module) -> Iterator[Place]:
    """Each module before those in it, in every place where it stands; not what packed ones are made of."""
    first_places: dict[int, str] = {}
    waiting = [("", model)]
    while waiting:
        path, module = waiting.pop()
        first = first_places.get(id(module))
        yield path, module, first
        if first is not None:
            continue
        first_places[id(module)] = path
        if not is_packed(module):
            inner = [(name, child) for name, child in module._modules.items() if isinstance(child, nn.Module)]
            waiting += [(_text(f"{path}.{name}" if path else name), child) for name, child in reversed(inner)]


def _describe(place: Place, count: TensorCount, shapes: Shapes) -> ModuleFacts:
    path, module, same_as = place
    settings, parameters, buffers, before = "", {}, {}, count.parameters
    if same_as is None:
        with suppress(Exception):  # the model's own code, here and below
            settings = _text(module.extra_repr())
        try:
            own_parameters, own_buffers = own_tensors(module)
            parameters = count.add_parameters(path, own_parameters)
            buffers = count.add_buffers(path, own_buffers)
        except Exception:
            count.left_out += 1
    return ModuleFacts(
        name=path,
        type=_text(f"{type(module).__module__}.{type(module).__qualname__}"),
        settings=settings,
        parameters=parameters,
        buffers=buffers,
        parameter_count=count.parameters - before,
        input_shape=shapes[0] if same_as is None else None,
        output_shape=shapes[1] if same_as is None else None,
        same_as=same_as,
    )


def _shapes(model: nn.Module, ask: Callable[[], object]) -> dict[int, Shapes]:
    """The shapes of each module's first call, by the module's id, as far as the forward pass gets."""
    found: dict[int, Shapes] = {}

    def keep(module: nn.Module, given: tuple[Any, ...], named: dict[str, Any], output: object) -> None:
        found.setdefault(id(module), (_shape([*given, *named.values()]), _shape(output)))

    hooks = []
    with suppress(Exception):
        for _, module, _ in islice(_walk(model), MODULE_COUNT):
            hooks.append(module.register_forward_hook(keep, with_kwargs=True))
        ask()
    for hook in hooks:
        hook.remove()
    return found


def _shape(value: object) -> Shape | None:
    with suppress(Exception):
        return list(first_tensor(value).shape)
    return None


def _text(text: object) -> str:
    return one_line(str(text)[:_READ_AT_MOST], LONGEST_NAME)
