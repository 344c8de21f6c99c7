"""What can be known of a training function without running it: syntax, signature, and what it can be called with."""

import ast
import json
import warnings
from collections.abc import Mapping
from typing import Any

import msgspec

from trainstore.errors import InvalidRecord, UsageError
from trainstore.records.search_space import Dimension, contains

ENTRY_POINT = "train_model"
POSITIONAL = ("X_train", "y_train", "X_val", "y_val", "device")

_MOST_CODE_LETTERS = 512 * 1024  # a syntax tree takes up to a thousand times the memory of its text
_EXPECTED = f"Define it as: def {ENTRY_POINT}({', '.join(POSITIONAL)}, **hyperparams)."


class Signature(msgspec.Struct, frozen=True):
    """Which hyperparameters a training function takes.

    Attributes:
        names: those it names after ``device``.
        required: those of them without a default.
        takes_any: whether it has ``**hyperparams``.
    """

    names: tuple[str, ...]
    required: tuple[str, ...]
    takes_any: bool


class Call(msgspec.Struct, frozen=True):
    """The hyperparameters of one run, and what is worth telling about them.

    Attributes:
        hyperparameters: what the function is called with.
        left_out: declared in the search space, but the function cannot take them.
        out_of_range: given by the user outside the declared range.
    """

    hyperparameters: Mapping[str, Any]
    left_out: tuple[str, ...] = ()
    out_of_range: tuple[str, ...] = ()


def parse_code(code: str) -> ast.Module:
    """Return the syntax tree of training code.

    Raises:
        InvalidRecord: it is not Python, or too large or too deeply nested to be parsed.
    """
    if len(code) > _MOST_CODE_LETTERS:
        raise InvalidRecord(f"The code has {len(code)} letters; at most {_MOST_CODE_LETTERS} are taken.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # what its author wrote, such as "\d", is no concern of the reader
            return ast.parse(code)
    except SyntaxError as error:
        where = f" at line {error.lineno}" if error.lineno else ""
        raise InvalidRecord(
            f"The code has a syntax error{where}: {error.msg}.", "Correct the code."
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise InvalidRecord(
            f"The code cannot be parsed: {str(error)[:200] or 'nested too deeply'}."
        ) from error


def read_signature(code: str) -> Signature:
    """Return the signature of the code's ``train_model``.

    Raises:
        InvalidRecord: the code does not parse, or has no ``train_model`` that can be called with
            ``X_train, y_train, X_val, y_val, device``.
    """
    functions = [
        node
        for node in parse_code(code).body
        if isinstance(node, ast.FunctionDef) and node.name == ENTRY_POINT
    ]
    if not functions:
        raise InvalidRecord(f"The code defines no function {ENTRY_POINT}.", _EXPECTED)
    arguments = functions[-1].args
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    if tuple(positional[:5]) != POSITIONAL:
        raise InvalidRecord(f"{ENTRY_POINT} takes ({', '.join(positional[:5])}) first.", _EXPECTED)
    named = positional[5:]
    with_default = named[len(named) - min(len(named), len(arguments.defaults)) :]
    keyword = [argument.arg for argument in arguments.kwonlyargs]
    keyword_required = [
        name for name, default in zip(keyword, arguments.kw_defaults, strict=True) if default is None
    ]
    required = [name for name in named if name not in with_default]
    return Signature((*named, *keyword), (*required, *keyword_required), arguments.kwarg is not None)


def plan_call(signature: Signature, space: Mapping[str, Dimension], chosen: Mapping[str, Any]) -> Call:
    """Overlay the defaults of the search space with chosen values, as the function can take them.

    Raises:
        UsageError: a chosen name is unknown to the function, a value that it needs is nowhere, or a value could
            not be recorded.
    """
    for name in chosen:
        if name in POSITIONAL:
            raise UsageError(
                f"{name!r} is an argument of every training function, not a hyperparameter.",
                "--device chooses the device, --data the data.",
            )
        if name not in space and not _takes(signature, name):
            known = ", ".join(sorted({*space, *signature.names})) or "none"
            raise UsageError(f"The function has no hyperparameter {name!r}.", f"It has: {known}.")
    defaults = {name: dimension.default for name, dimension in space.items()}
    wanted = {**defaults, **chosen}
    taken = {name: value for name, value in wanted.items() if _takes(signature, name)}
    missing = [name for name in signature.required if name not in taken]
    if missing:
        raise UsageError(
            f"The function needs a value for {', '.join(missing)}.", f"Pass it: --set {missing[0]}=VALUE."
        )
    for name, value in taken.items():
        _check_value(name, value)
    return Call(
        taken,
        left_out=tuple(name for name in wanted if name not in taken),
        out_of_range=tuple(
            name for name, value in chosen.items() if name in space and not contains(space[name], value)
        ),
    )


def _check_value(name: str, value: Any) -> None:
    """Refuse what JSON has no form for: a record of the run could not give it back to a rerun."""
    try:
        json.dumps([name, value], allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"Hyperparameter {name!r} is {repr(value)[:100]}, which cannot be recorded.",
            "Give a finite number, a text, true, false, null, or a list of them.",
        ) from error


def _takes(signature: Signature, name: str) -> bool:
    return name not in POSITIONAL and (signature.takes_any or name in signature.names)
