"""Whether what a function imports is installed, found out without importing anything."""

import ast
import os
import sys
from importlib.machinery import PathFinder
from typing import NamedTuple


class MissingImport(NamedTuple):
    """A module that is not installed here, and the line that imports it."""

    line: int
    module: str


def missing_imports(tree: ast.Module) -> list[MissingImport]:
    """Return the imports of a syntax tree whose top-level module does not exist here.

    One that is tried, with an ``except ImportError`` behind it, counts as well: the function would then do
    something else on another machine.
    """
    missing = {
        MissingImport(line, module) for line, module in _imported(tree) if module and not _exists(module)
    }
    return sorted(missing)


def _imported(tree: ast.Module) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name.partition(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append((node.lineno, (node.module or "").partition(".")[0]))
    return found


def _exists(module: str) -> bool:
    """Look where a worker would: not in the working folder, which may hold anything."""
    if module in sys.stdlib_module_names:
        return True
    path = [entry for entry in sys.path if entry not in ("", ".", os.getcwd())]
    return PathFinder.find_spec(module, path) is not None
