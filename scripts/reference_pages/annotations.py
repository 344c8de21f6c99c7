"""What annotations mean, those too whose names a module imports for its annotations alone."""

import ast
import importlib
import inspect
import types
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints


@cache
def names_in(module: types.ModuleType) -> dict[str, Any]:
    """Return a module's names, with those that it imports for its annotations alone."""
    names = dict(vars(module))
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            source = importlib.import_module(node.module)
            names |= {each.asname or each.name: getattr(source, each.name) for each in node.names}
    return names


def fields_of(kind: type, *, annotated: bool = False) -> dict[str, Any]:
    """Return the annotated names of a class with their types, those of the classes above it first."""
    names: dict[str, Any] = {}
    for base in lineage(kind):
        names |= names_in(importlib.import_module(base.__module__))
    hints = get_type_hints(kind, names, names, include_extras=annotated)
    return {name: hint for name, hint in hints.items() if not name.startswith("_")}


def lineage(kind: type) -> list[type]:
    """Return the classes of trainstore's that a class is made of, the first one first, itself last.

    A `TypedDict` forgets those above it, so they are read from the code.
    """
    (statement,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(statement, ast.ClassDef)
    own = names_in(importlib.import_module(kind.__module__))
    found = []
    for base in statement.bases:
        name = base.value if isinstance(base, ast.Subscript) else base
        above = own.get(name.id) if isinstance(name, ast.Name) else None
        if inspect.isclass(above) and above.__module__.startswith("trainstore."):
            found += lineage(above)
    return [*found, kind]
