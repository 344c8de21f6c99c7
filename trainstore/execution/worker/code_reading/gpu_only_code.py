"""Finds code that no mapping of devices helps: it builds or calls kernels of its own for a GPU."""

import ast

from trainstore.execution.worker.code_reading.without_cuda import WithoutCuda

_COMPILERS = ("torch.utils.cpp_extension.load", "torch.utils.cpp_extension.load_inline")
_OF_TORCH = {
    "torch.utils.cpp_extension.CUDAExtension": "builds a CUDA kernel",
    "torch.cuda._compile_kernel": "builds a CUDA kernel",
    "torch.cuda.jiterator": "builds a CUDA kernel",
    "torch.cuda.CUDAGraph": "records a CUDA graph",
    "torch.cuda.graph": "records a CUDA graph",
    "torch.cuda.graphs": "records a CUDA graph",
    "torch.cuda.make_graphed_callables": "records a CUDA graph",
    "torch.cuda.nccl": "talks between GPUs",
}
_LIBRARIES = {
    "triton": "builds a Triton kernel",
    "cupy": "computes with CuPy",
    "pycuda": "builds a CUDA kernel",
    "numba.cuda": "builds a CUDA kernel",
    "flash_attn": "calls kernels of flash_attn",
    "bitsandbytes": "calls kernels of bitsandbytes",
    "xformers": "calls kernels of xformers",
    "apex": "calls kernels of apex",
}


def find_gpu_only(tree: ast.Module) -> tuple[int, str] | None:
    """The first line that only a GPU can run, and what it does; None if there is none.

    An import or a call that an ``except`` or an ``if`` that needs CUDA guards is none.
    """
    finder = _Finder(tree)
    finder.visit(tree)
    return min(finder.found, default=None)


class _Finder(ast.NodeVisitor):
    def __init__(self, tree: ast.Module) -> None:
        self.found: list[tuple[int, str]] = []
        self._values = WithoutCuda(tree)

    def visit_Try(self, node: ast.Try) -> None:
        for part in (*node.handlers, *node.orelse, *node.finalbody, *([] if node.handlers else node.body)):
            self.visit(part)

    def visit_If(self, node: ast.If) -> None:
        value = self._values.value(node.test)
        if value is not False:
            for part in node.body:
                self.visit(part)
        for part in node.orelse:
            self.visit(part)

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self._note(node, name.name, _LIBRARIES)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for name in node.names:
            self._note(node, f"{node.module}.{name.name}", _LIBRARIES)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._note(node, self._values.full_name(node), _OF_TORCH)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        self._note(node, self._values.full_name(node), _OF_TORCH)

    def visit_Call(self, node: ast.Call) -> None:
        if self._values.full_name(node.func) in _COMPILERS and _compiles_cuda(node):
            self.found.append((node.lineno, "builds a CUDA kernel"))
        self.generic_visit(node)

    def _note(self, node: ast.stmt | ast.expr, name: str, meanings: dict[str, str]) -> None:
        while name:
            if name in meanings:
                self.found.append((node.lineno, meanings[name]))
            name = name.rpartition(".")[0]


def _compiles_cuda(call: ast.Call) -> bool:
    """Whether sources for CUDA are among the arguments; without them the extension is plain C++."""
    named = any("cuda" in (keyword.arg or "") for keyword in call.keywords)
    texts = (node.value for node in ast.walk(call) if isinstance(node, ast.Constant))
    return (
        named or len(call.args) > 2 or any(isinstance(text, str) and text.endswith(".cu") for text in texts)
    )
