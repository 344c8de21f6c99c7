"""Evaluates expressions of training code as they would be where there is no CUDA, as far as that can be known."""

import ast
from collections.abc import Callable, Iterable
from typing import Any

UNKNOWN = object()
DEVICE_PARAMETER = "device"

_FACTS = {"is_available": False, "device_count": 0, "is_initialized": False, "is_bf16_supported": False}
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}


def dotted(node: ast.expr) -> str:
    """``torch.cuda.is_available`` for that attribute; empty for anything that is no chain of names."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            base = dotted(value)
            return f"{base}.{attribute}" if base else ""
    return ""


class WithoutCuda:
    """Values of expressions on a machine without CUDA, where the argument ``device`` is the CPU.

    A device is the text of its name. Scopes are not told apart: a name that is bound to different values is unknown.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._bound: dict[str, list[ast.expr | None]] = {}
        self._aliases = _aliases(tree)
        for node in ast.walk(tree):
            for name, value in _bindings(node):
                self._bound.setdefault(name, []).append(value)
        self._known: dict[str, Any] = {}

    def full_name(self, node: ast.expr) -> str:
        """The dotted name with what imports have renamed put back: ``is_available`` as ``torch.cuda.is_available``."""
        first, dot, rest = dotted(node).partition(".")
        return self._aliases.get(first, first) + dot + rest

    def value(self, node: ast.expr) -> Any:
        """The value of an expression, or ``UNKNOWN``."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._value_of_name(name)
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                values = [self.value(element) for element in elements]
                return UNKNOWN if UNKNOWN in values else tuple(values)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                condition = self.value(test)
                return UNKNOWN if condition is UNKNOWN else self.value(body if condition else orelse)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                value = self.value(operand)
                return UNKNOWN if value is UNKNOWN else not value
            case ast.BoolOp(op=op, values=parts):
                return self._joined(parts, isinstance(op, ast.Or))
        return self._value_of_call_or_attribute(node)

    def _value_of_call_or_attribute(self, node: ast.expr) -> Any:
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return _compared(op, self.value(left), self.value(right))
            case ast.Attribute(attr="type", value=device):
                name = self.value(device)
                return name.partition(":")[0] if isinstance(name, str) else UNKNOWN
            case ast.Attribute(attr="is_cuda"):
                return False
            case ast.Attribute(attr="device"):
                return "cpu"  # of a tensor
            case ast.Call(func=function, args=arguments):
                return self._value_of_call(function, arguments)
        return UNKNOWN

    def _value_of_call(self, function: ast.expr, arguments: list[ast.expr]) -> Any:
        name = self.full_name(function)
        module, _, last = name.rpartition(".")
        if last in _FACTS and module.rpartition(".")[2] in ("cuda", "accelerator"):
            return _FACTS[last]
        if name in ("torch.device", "str", "bool") and len(arguments) == 1:
            value = self.value(arguments[0])
            return bool(value) if name == "bool" and value is not UNKNOWN else value
        match function, arguments:
            case ast.Attribute(value=text, attr="startswith"), [ast.Constant(value=str(beginning))]:
                value = self.value(text)
                return value.startswith(beginning) if isinstance(value, str) else UNKNOWN
        return UNKNOWN

    def _joined(self, parts: list[ast.expr], decides: bool) -> Any:
        """``or`` is decided by a part that is true, ``and`` by one that is false, even if others are unknown."""
        values = [self.value(part) for part in parts]
        for value in values:
            if value is not UNKNOWN and bool(value) is decides:
                return value
        return UNKNOWN if UNKNOWN in values else values[-1]

    def _value_of_name(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = UNKNOWN  # to itself, where a name is bound to what holds it
            bound = self._bound.get(name, [None])
            values = [UNKNOWN if value is None else self.value(value) for value in bound]
            same = all(type(value) is type(values[0]) and value == values[0] for value in values)
            self._known[name] = values[0] if same else UNKNOWN
        return self._known[name]


def _compared(op: ast.cmpop, left: Any, right: Any) -> Any:
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    try:
        return _COMPARED[type(op)](left, right)
    except TypeError:
        return UNKNOWN


def _aliases(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.asname: name.name for name in node.names if name.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    return found


def _bindings(node: ast.AST) -> Iterable[tuple[str, ast.expr | None]]:
    """Names that a node binds, each with the expression, or with None where that is not plain to see."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, value
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            yield name, value
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield name, value
        case ast.arg(arg=name):
            yield name, ast.Constant("cpu") if name == DEVICE_PARAMETER else None
        case ast.AugAssign(target=ast.Name(id=name)):
            yield name, None
        case ast.For(target=target) | ast.comprehension(target=target):
            yield from ((part.id, None) for part in ast.walk(target) if isinstance(part, ast.Name))
        case ast.Tuple(elts=elements, ctx=ast.Store()):
            yield from ((part.id, None) for part in elements if isinstance(part, ast.Name))
