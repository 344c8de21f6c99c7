"""What training code needs of the machine and of its module, found without running it."""

import ast
import warnings
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
    """

    cuda: tuple[str, ...] = ()
    gpu_only: tuple[int, str] | None = None
    missing_imports: tuple[str, ...] = ()

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
            tuple(find_cuda_demands(tree)), find_gpu_only(tree), tuple(find_missing_imports(code, tree))
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Needs()
