"""Finds what training code would fail at on a machine without CUDA."""

import ast
import re
from collections.abc import Iterable, Iterator

from trainstore.execution.worker.code_reading.without_cuda import UNKNOWN, WithoutCuda, dotted

_DEVICE_NAME = re.compile(r"cuda(:\d+)?|torch\.cuda\.\w+Tensor")
# What torch itself answers, or leaves out with a warning, where there is no CUDA.
_HARMLESS = frozenset(
    [
        "is_available",
        "device_count",
        "is_initialized",
        "is_bf16_supported",
        "manual_seed",
        "manual_seed_all",
        "seed",
        "seed_all",
        "empty_cache",
        "memory_allocated",
        "max_memory_allocated",
        "memory_reserved",
        "max_memory_reserved",
        "memory_stats",
        "get_rng_state_all",
        "amp",
        "get_arch_list",
        "OutOfMemoryError",
        "current_accelerator",
    ]
)
_FORGIVING = ("autocast", "GradScaler", "custom_fwd", "custom_bwd")  # as torch disables them
_KEYED = (
    "get",
    "pop",
    "setdefault",
    "getattr",
    "hasattr",
    "startswith",
    "print",
)  # text that names no device
_MODULES = ("torch.cuda", "torch.accelerator")
_EXITS = ("exit", "sys.exit", "quit", "os._exit")
_MOST_NAMES = 20
_LONGEST_NAME = 80


def find_cuda_demands(tree: ast.Module) -> list[str]:
    """What the code asks of CUDA on a path that it would take without it, in short; empty if it can do without.

    ``model.cuda()`` below ``if torch.cuda.is_available():`` is no demand, below ``if not …: raise`` it is.
    """
    finder = _DemandFinder(tree)
    finder.find()
    return list(dict.fromkeys(name[:_LONGEST_NAME] for name in finder.found))[:_MOST_NAMES]


class _DemandFinder(ast.NodeVisitor):
    """Walks what runs without CUDA: module level, then each function and class that a walked part names."""

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[str] = []
        self._values = WithoutCuda(tree)
        self._module = [node for node in tree.body if not isinstance(node, _DEFINITIONS)]
        self._later = {node.name: node for node in tree.body if isinstance(node, _DEFINITIONS)}
        self._named = ["train_model"]

    def find(self) -> None:
        for node in self._module:
            self.visit(node)
        while self._named:
            if definition := self._later.pop(self._named.pop(), None):
                self.visit(definition)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self._later:
            self._named.append(node.id)

    def visit_If(self, node: ast.If) -> None:
        self._branch(node.test, node.body, node.orelse)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._branch(node.test, [node.body], [node.orelse])

    def visit_Assert(self, node: ast.Assert) -> None:
        value = self._values.value(node.test)
        if value is not UNKNOWN and not value:
            self.found.append("asserts CUDA")
        else:
            self.visit(node.test)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        decides = isinstance(node.op, ast.Or)
        for part in node.values:
            self.visit(part)
            value = self._values.value(part)
            if value is not UNKNOWN and bool(value) is decides:
                return

    def visit_Compare(self, node: ast.Compare) -> None:
        for part in (node.left, *node.comparators):
            if not _is_text(part):
                self.visit(part)

    def visit_Call(self, node: ast.Call) -> None:
        name = self._values.full_name(node.func)
        method = node.func.attr if isinstance(node.func, ast.Attribute) else name
        if method == "cuda":
            self.found.append(".cuda()")
        if name.endswith(_FORGIVING) or name == "print":
            arguments: Iterable[ast.expr] = (part for part in _arguments(node) if not _is_text(part))
        elif method in _KEYED:
            arguments = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
        else:
            self._note_number(node, method)
            arguments = _arguments(node)
        self.visit(node.func)
        for argument in arguments:
            self.visit(argument)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        module, _, last = self._values.full_name(node).rpartition(".")
        if module in _MODULES and last not in _HARMLESS:
            self.found.append(f"{module}.{last}")
        elif module not in _MODULES:
            self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and _DEVICE_NAME.fullmatch(node.value):
            self.found.append(f'"{node.value}"')

    def visit_Dict(self, node: ast.Dict) -> None:
        for value in node.values:
            self.visit(value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        if not _is_text(node.slice):
            self.visit(node.slice)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (*node.decorator_list, *node.body):
            self.visit(part)
        for name, default in _defaults(node.args):
            if name != "device" or node.name != "train_model":  # which always gets one
                self.visit(default)

    def _branch(self, test: ast.expr, body: Iterable[ast.AST], orelse: Iterable[ast.AST]) -> None:
        self.visit(test)
        value = self._values.value(test)
        for taken, part in ((True, body), (False, orelse)):
            if value is UNKNOWN or bool(value) is taken:
                if value is not UNKNOWN and any(_gives_up(node) for node in part):
                    self.found.append("raises without CUDA")
                for node in part:
                    self.visit(node)

    def _note_number(self, node: ast.Call, method: str) -> None:
        """``.to(0)`` and ``device=0`` mean the first GPU."""
        places = [keyword.value for keyword in node.keywords if keyword.arg == "device"]
        if method == "to":
            places += node.args[:1]
        for place in places:
            if isinstance(place, ast.Constant) and type(place.value) is int:
                self.found.append(f"device {place.value}")


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _gives_up(node: ast.AST) -> bool:
    match node:
        case ast.Raise():
            return True
        case ast.Expr(value=ast.Call(func=function)):
            return dotted(function) in _EXITS
        case ast.Return(value=ast.Tuple(elts=[ast.Constant(value=None), *_]) | ast.Constant(value=None)):
            return True
    return False


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(_is_text(element) for element in node.elts)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _arguments(node: ast.Call) -> Iterator[ast.expr]:
    yield from node.args
    yield from (keyword.value for keyword in node.keywords)


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    yield from (
        (argument.arg, default)
        for argument, default in zip(reversed(positional), reversed(arguments.defaults), strict=False)
    )
    for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if value is not None:
            yield argument.arg, value
