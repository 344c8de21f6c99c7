"""Imports the training function's module, with the names that its code forgot to import."""

import importlib
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType

from trainstore.execution.job_folder import FUNCTION_MODULE
from trainstore.execution.worker.code_reading.missing_imports import MEANINGS


def import_function_module(folder: Path) -> ModuleType:
    """The module of the job's code, which runs untrusted code.

    It is a real module in a real file: data loaders that start new interpreters import it by its name.
    """
    sys.path.insert(0, str(folder))
    return importlib.import_module(FUNCTION_MODULE)


def provide_names(names: Iterable[str]) -> None:
    """Have the module start with these names bound, when it comes to be imported in this process."""
    if names:
        sys.meta_path.insert(0, _Finder(tuple(names)))


class _Finder(MetaPathFinder):
    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != FUNCTION_MODULE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._names)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, names: tuple[str, ...]) -> None:
        super().__init__(fullname, path)
        self._names = names

    def exec_module(self, module: ModuleType) -> None:
        """Bind the names first: what the code binds itself then takes their place."""
        for name in self._names:
            source, attribute = MEANINGS[name]
            found = importlib.import_module(source)
            setattr(module, name, getattr(found, attribute) if attribute else found)
        super().exec_module(module)
