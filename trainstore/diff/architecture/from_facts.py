"""The model that a run recorded, as a tree of layers."""

import ast
import re
from collections.abc import Mapping
from math import prod
from typing import Any

import msgspec
from msgspec.structs import replace

from trainstore.diff.architecture.layer import RECORDED, Architecture, Layer
from trainstore.diff.architecture.torch_layers import CONTAINERS, is_known, named_settings
from trainstore.records.model_facts import ModelFacts, ModuleFacts

_DEEPEST = 40
_ARGUMENT = r"(?:\([^()]*\)|\[[^\[\]]*\]|'[^']*'|[^,()\[\]'])+"
_NAMED = r"\s*([A-Za-z_]\w*)\s*=(.*)"
# What these say of themselves leaves out most; the code tells the rest.
_SILENT = ("MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer", "Transformer")


class _Node(msgspec.Struct, eq=False):
    facts: ModuleFacts
    children: list["_Node"] = msgspec.field(default_factory=list)


def recorded_architecture(facts: ModelFacts, read: Architecture) -> Architecture:
    """Return a recorded model as layers.

    What a run does not record is taken from the code, and marked so layer by layer: functional calls, the order of
    the forward pass, and settings that a module does not tell of itself.

    Args:
        read: the architecture that was read from the code of the same version.
    """
    root = _tree(facts)
    if root is None:
        return replace(read, notes=(*read.notes, "The run recorded no modules."))
    by_path = {} if read.model is None else {layer.path: layer for layer in read.model.walk() if layer.path}
    if read.model is not None:
        by_path[""] = read.model
    model = replace(_layer(root, by_path), parameters=facts.parameters)
    notes: tuple[str, ...] = ()
    if facts.modules_left_out:
        notes = (f"The run recorded {len(facts.modules)} modules and left {facts.modules_left_out} out.",)
    return Architecture(model, read.surroundings, RECORDED, notes)


def _tree(facts: ModelFacts) -> _Node | None:
    nodes: dict[str, _Node] = {}
    root: _Node | None = None
    for module in facts.modules:
        if module.name in nodes:
            continue
        node = nodes[module.name] = _Node(module)
        if root is None:
            root = node
            continue
        outer = ".".join(module.name.split(".")[:-1][:_DEEPEST])
        while outer and outer not in nodes:
            outer = outer.rpartition(".")[0]
        nodes.get(outer, root).children.append(node)
    return root


def _layer(node: _Node, read: Mapping[str, Layer]) -> Layer:
    module = node.facts
    kind, extra = _kind(module.type)
    own = not module.type.startswith(("torch.", "torchvision.", "timm.", "transformers."))
    like = read.get(module.name)
    if like is not None and not (like.kind == kind or (like.own and own)):
        like = None
    if module.same_as is not None:
        return Layer(module.name, kind, parameters=0, own=own, source=RECORDED, same_as=module.same_as)
    leaf = is_known(kind) and kind not in CONTAINERS
    settings = _said(kind, module.settings) if is_known(kind) else {}
    if leaf and kind in _SILENT:
        settings = {**(like.settings if like else {}), **_settings_of_parts(kind, node)}
    elif own and like is not None:
        settings = dict(like.settings)
    children = () if leaf else tuple(_children(node, read, like, own))
    shape = module.output_shape
    return Layer(
        module.name,
        kind,
        settings | extra,
        children,
        _count(node),
        None if shape is None else tuple(shape),
        own=own,
        source=RECORDED,
    )


def _children(node: _Node, read: Mapping[str, Layer], like: Layer | None, own: bool) -> list[Layer]:
    """Modules, then parameters of its own, then calls that only the code tells; in the code's order, if it has one."""
    made = [_layer(child, read) for child in node.children]
    if own:
        made = [*_own_parameters(node.facts), *made]
    if like is None:
        return made
    order = {child.path: place for place, child in enumerate(like.children)}
    ranked: list[tuple[float, Layer]] = []
    for layer in made:
        before = ranked[-1][0] if ranked else -1.0
        ranked.append((order.get(layer.path, before), layer))
    ranked += [(place, child) for place, child in enumerate(like.children) if child.functional]
    return [layer for _, layer in sorted(ranked, key=lambda entry: entry[0])]


def _own_parameters(module: ModuleFacts) -> list[Layer]:
    outer = f"{module.name}." if module.name else ""
    return [
        Layer(
            f"{outer}{name}",
            "Parameter",
            {"shape": tuple(tensor.shape)},
            parameters=0 if tensor.tied_to else prod(tensor.shape),
            source=RECORDED,
            same_as=tensor.tied_to,
        )
        for name, tensor in module.parameters.items()
    ]


def _count(node: _Node) -> int:
    total, waiting = 0, [node]
    while waiting:
        one = waiting.pop()
        total += one.facts.parameter_count
        waiting += one.children
    return total


def _kind(full_name: str) -> tuple[str, dict[str, Any]]:
    """The name of a class, and how it is quantised."""
    kind = full_name.rpartition(".")[2]
    if full_name.startswith(("torch.ao.nn.", "torch.nn.quantized.", "torch.nn.intrinsic.")):
        how = "dynamic" if ".dynamic." in full_name else "static"
        return kind, {"quantised": how} if "quantized" in full_name else {}
    return kind, {}


def _said(kind: str, text: str) -> dict[str, Any]:
    """What a module's ``extra_repr`` says, by name."""
    arguments: list[Any] = []
    named: dict[str, Any] = {}
    for part in re.findall(_ARGUMENT, text):
        found = re.fullmatch(_NAMED, part, re.DOTALL)
        if found:
            named[found[1]] = _value(found[2])
        elif not named:
            arguments.append(_value(part))
    named = {name: value for name, value in named.items() if name not in ("dtype", "qscheme")}
    return named_settings(kind, arguments, named)


def _value(text: str) -> Any:
    text = text.strip()[:100]
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text
    return value if isinstance(value, bool | int | float | str | tuple) or value is None else text


def _settings_of_parts(kind: str, node: _Node) -> dict[str, Any]:
    """Sizes that the parts of a module tell, as it tells none itself."""
    parts = {child.facts.name.rpartition(".")[2]: child.facts for child in node.children}
    found: dict[str, Any] = {}
    if kind == "MultiheadAttention" and "out_proj" in parts:
        found["embed_dim"] = _said("Linear", parts["out_proj"].settings).get("out_features")
    elif "linear1" in parts:
        inner = _said("Linear", parts["linear1"].settings)
        found = {"d_model": inner.get("in_features"), "dim_feedforward": inner.get("out_features")}
        if "dropout" in parts:
            found["dropout"] = _said("Dropout", parts["dropout"].settings).get("p", 0.5)
    return named_settings(kind, [], found)
