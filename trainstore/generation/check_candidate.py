"""What is wrong with a proposed function, as far as it can be known without running it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trainstore.errors import InvalidRecord, UsageError
from trainstore.generation.imports_exist import missing_imports
from trainstore.generation.screen import screen
from trainstore.records.search_space import decode_space
from trainstore.records.training_code import ENTRY_POINT, parse_code, plan_call, read_signature

_MOST_FAULTS = 12  # told at once


@dataclass(frozen=True)
class Fault:
    """Something that must change, with the line of the code where there is one."""

    what: str
    line: int | None = None


def faults_of(code: str, bo_config: dict[str, Any]) -> list[Fault]:
    """Return what is wrong with code and search space; what stands in the way of looking further ends the list."""
    try:
        tree = parse_code(code)
    except InvalidRecord as error:
        line = error.__cause__.lineno if isinstance(error.__cause__, SyntaxError) else None
        return [Fault(error.message, line)]
    faults = [
        *_call_faults(code, bo_config),
        *(Fault(f"the module {one.module} is not installed", one.line) for one in missing_imports(tree)),
        *(Fault(f"{one.what}, which a training function may not", one.line) for one in screen(tree)),
    ]
    return faults[:_MOST_FAULTS]


def _call_faults(code: str, bo_config: dict[str, Any]) -> Iterator[Fault]:
    """Yield what would keep the function from being called with the defaults of its search space."""
    try:
        signature = read_signature(code)
        space = decode_space(bo_config)
        call = plan_call(signature, space, {})
    except (InvalidRecord, UsageError) as error:
        yield Fault(
            f"{error.message} {error.hint}".strip() if isinstance(error, InvalidRecord) else error.message
        )
        return
    for name in call.left_out:
        yield Fault(f"search_space has {name!r}, but {ENTRY_POINT} does not take it")
    if not space:
        yield Fault("search_space is empty: name at least the learning rate and the number of epochs")
