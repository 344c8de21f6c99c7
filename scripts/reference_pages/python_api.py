"""The page of the Python interface: signatures and docstrings, read from the modules."""

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from annotations import fields_of, names_in
from docstrings import details_of, summary_of

from trainstore import ai_code_generator, api, training_function_executor

_INTRODUCTION = """\
# Python

Every public method of `trainstore.Store`, of the two modules that the seed's users know, and what they take and return.
[Python](../python.md) shows how they are used. `scripts/reference` writes this page from the code.
"""
_FACES: list[tuple[types.ModuleType, list[str]]] = [
    (api, ["Store", "profile", "doctor", "attack_sandbox"]),
    (training_function_executor, ["TrainingFunctionExecutor"]),
    (ai_code_generator, ["AICodeGenerator"]),
]


def python_page() -> str:
    """Return the page: classes with their methods, functions, then the types that these name."""
    parts, named = [_INTRODUCTION.rstrip()], []
    for module, names in _FACES:
        for name in names:
            found = getattr(module, name)
            title = "trainstore.Store" if found is api.Store else f"{module.__name__}.{name}"
            parts.append(f"## {title}")
            if inspect.isclass(found):
                parts += list(_class(found, module))
            else:
                parts += _callable(found, module, name)
            named += list(_types_of(found, module))
    parts.append("## Types\n\nWhat methods take and return, by the module to import it from.")
    return "\n\n".join([*parts, *_types(named)]) + "\n"


def _class(found: type, module: types.ModuleType) -> Iterator[str]:
    yield from details_of(found)
    for name, member in vars(found).items():
        public = not name.startswith("_") or name == "__init__"
        if isinstance(member, property):
            yield f"### {found.__name__}.{name}"
            yield from details_of(member.fget)
        elif public and (function := _function(member)) and (name != "__init__" or found is not api.Store):
            yield f"### {found.__name__}" + (f".{name}" if name != "__init__" else "()")
            yield from _callable(function, module, found.__name__ if name == "__init__" else name)


def _function(member: Any) -> Callable[..., Any] | None:
    inner = getattr(member, "__func__", member)
    return inner if inspect.isfunction(inner) else None


def _callable(function: Callable[..., Any], module: types.ModuleType, name: str) -> list[str]:
    return [f"```python\n{_signature(function, name)}\n```", *details_of(function)]


def _signature(function: Callable[..., Any], name: str) -> str:
    """Return a signature as it is written, in one line or one parameter a line."""
    given = inspect.signature(function)
    kept = [each for each in given.parameters.values() if each.name not in ("self", "cls")]
    told = [_parameter(each) for each in kept]
    variadic = any(each.kind is each.VAR_POSITIONAL for each in kept)
    by_name = [at for at, each in enumerate(kept) if each.kind is each.KEYWORD_ONLY]
    if by_name and not variadic:
        told.insert(by_name[0], "*")
    end = (
        ")"
        if given.return_annotation in (None, "None", given.empty)
        else f") -> {_hint(given.return_annotation)}"
    )
    line = f"{name}({', '.join(told)}{end}"
    return line if len(line) <= 100 else "\n".join([f"{name}(", *(f"    {each}," for each in told), end])


def _parameter(given: inspect.Parameter) -> str:
    stars = {given.VAR_POSITIONAL: "*", given.VAR_KEYWORD: "**"}.get(given.kind, "")
    default = "" if given.default is given.empty else f" = {given.default!r}"
    return f"{stars}{given.name}: {_hint(given.annotation)}{default}"


def _hint(annotation: Any) -> str:
    """Return an annotation without the modules and the quotes of its names."""
    if isinstance(annotation, str):
        text = annotation.strip("'\"")
    elif inspect.isclass(annotation) and not typing.get_args(annotation):
        text = annotation.__name__
    else:
        text = inspect.formatannotation(annotation)
    return re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z])", "", text).replace("NoneType", "None")


def _types_of(found: Any, module: types.ModuleType) -> Iterator[Any]:
    """Yield the classes of trainstore's that signatures name."""
    functions: Iterable[Any] = [found]
    if inspect.isclass(found):
        functions = [_function(member) for name, member in vars(found).items() if not name.startswith("_")]
    for function in filter(None, functions):
        for hint in typing.get_type_hints(function, names_in(module)).values():
            yield from _classes_in(hint)


def _classes_in(hint: Any) -> Iterator[Any]:
    if inspect.isclass(hint) and hint.__module__.startswith("trainstore."):
        yield hint
    for inner in typing.get_args(hint):
        yield from _classes_in(inner)


def _types(named: list[Any]) -> list[str]:
    """Return a chapter for each type, and for those that their fields name, and so on, by name."""
    found: dict[str, Any] = {}
    waiting = [*named]
    while waiting:
        each = waiting.pop()
        if each is not api.Store and each.__name__ not in found:
            found[each.__name__] = each
            waiting += [inner for hint in fields_of(each).values() for inner in _classes_in(hint)]
    return [part for _, each in sorted(found.items()) for part in _type(each)]


def _type(found: type) -> list[str]:
    lines = [f"{name}: {_hint(hint)}{_default(found, name)}" for name, hint in fields_of(found).items()]
    for name, member in vars(found).items():
        function = member.fget if isinstance(member, property) else _function(member)
        if function and function.__doc__ and not name.startswith("_"):
            end = f"  # {summary_of(function)}"
            result = inspect.signature(function).return_annotation
            lines.append(
                (f"{name}: {_hint(result)}" if isinstance(member, property) else _signature(function, name))
                + end
            )
    parts = [f"### {found.__name__}", f"From `{found.__module__}`.", *details_of(found)]
    return [*parts, "```python\n" + "\n".join(lines) + "\n```"] if lines else parts


def _default(found: type, name: str) -> str:
    """Return what a field of a dataclass, a struct or a named tuple is where nothing is given; made anew each time, or a function: …"""
    defaults = dict(getattr(found, "_field_defaults", {}))
    for field in dataclasses.fields(found) if dataclasses.is_dataclass(found) else ():
        if field.default is not dataclasses.MISSING:
            defaults[field.name] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            defaults[field.name] = field.default_factory
    for each in msgspec.structs.fields(found) if issubclass(found, msgspec.Struct) else ():
        given = each.default if each.default is not msgspec.NODEFAULT else each.default_factory
        if given is not msgspec.NODEFAULT:
            defaults[each.name] = given
    if name not in defaults:
        return ""
    return " = …" if callable(defaults[name]) else f" = {defaults[name]!r}"
