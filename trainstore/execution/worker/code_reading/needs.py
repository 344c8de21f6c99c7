"""What training code needs of the machine and of its module, found without running it."""

import ast
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trainstore.execution.worker.code_reading.cuda_demands import find_cuda_demands
from trainstore.execution.worker.code_reading.gpu_only_code import find_gpu_only
from trainstore.execution.worker.code_reading.missing_imports import find_missing_imports


@dataclass(frozen=True)
class Needs:
    """Needs of one function.

    Attributes:
        cuda: what it asks of CUDA where it could not do without, such as ``.cuda()``.
        gpu_only: the line that no other device can run, and what it does; None if there is none.
        missing_imports: names that it uses and never imports, of which it is known what they mean.
        modules: top-level modules that it imports, wherever it does, without those that come with Python.
    """

    cuda: tuple[str, ...] = ()
    gpu_only: tuple[int, str] | None = None
    missing_imports: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    def are_mapped_to(self, kind: str) -> bool:
        """Whether a device of this kind has to stand in for CUDA."""
        return bool(self.cuda) and kind != "cuda"


def read_needs(file: Path) -> Needs:
    """The needs of the code in a file; none if it is no Python, which its import will tell."""
    try:
        code = file.read_text(encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
        return Needs(
            tuple(find_cuda_demands(tree)),
            find_gpu_only(tree),
            tuple(find_missing_imports(code, tree)),
            tuple(sorted(set(_imported(tree)) - sys.stdlib_module_names)),
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Needs()


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
