"""What of a recorded environment a worker needs, and whether it is what is installed here."""

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trainstore.errors import EnvironmentUnavailable
from trainstore.execution.environment_changes import normal_name

_OF_A_WORKER = ("torch", "numpy", "cloudpickle", "safetensors")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_PYTHON = re.compile(r"(3\.(\d{1,3}))\.\S+")
_LEAST_MINOR = 11  # of this package

Versions = dict[str, str]


@dataclass(frozen=True)
class Wanted:
    """An environment to make.

    Attributes:
        python: ``3.11``; the last part of a Python's version is not held to.
        roots: the distributions that the worker and the code import; others come in because these need them.
        versions: of all that was installed, by normal name.
    """

    python: str
    roots: tuple[str, ...]
    versions: Versions


def read_wanted(run_id: str, environment: Mapping[str, Any]) -> Wanted:
    """What a run's record asks for; it comes with the store, and is not to be trusted.

    Raises:
        EnvironmentUnavailable: it does not say, or asks for what cannot be.
    """
    packages, imports = environment.get("packages"), environment.get("imports")
    python = _PYTHON.fullmatch(str(environment.get("python")))
    if not isinstance(packages, dict) or not isinstance(imports, list) or python is None:
        raise EnvironmentUnavailable(f"Run {run_id} does not say which packages its code was run with.")
    if int(python[2]) < _LEAST_MINOR:
        raise EnvironmentUnavailable(f"Run {run_id} used Python {python[1]}, which trainstore cannot run on.")
    valid = {
        normal_name(name): version
        for name, version in packages.items()
        if _NAME.fullmatch(name) and isinstance(version, str) and _VERSION.fullmatch(version)
    }
    roots = {*_OF_A_WORKER, *(normal_name(str(name)) for name in imports)}
    if lacking := sorted(roots - valid.keys()):
        raise EnvironmentUnavailable(
            f"Run {run_id} does not say in which version it had {', '.join(lacking)}."
        )
    return Wanted(python[1], tuple(sorted(roots)), valid)


def this_python() -> str:
    """The Python at hand, such as ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def installed() -> Versions:
    """Every distribution here, by normal name."""
    found: Versions = {}
    for distribution in importlib.metadata.distributions():
        if name := distribution.metadata["Name"]:
            found.setdefault(normal_name(name), distribution.version)
    return found


def differing(wanted: Wanted, here: Versions) -> list[str]:
    """Those of the roots, and of all that they need here, that are not installed in the version wanted."""
    return [name for name in sorted(_with_needs(wanted.roots)) if here.get(name) != wanted.versions.get(name)]


def _with_needs(roots: Iterable[str]) -> set[str]:
    found: set[str] = set()
    left = list(roots)
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        left += [
            normal_name(match[0]) for need in needs if "extra ==" not in need and (match := _NAME.match(need))
        ]
    return found
