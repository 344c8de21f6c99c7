"""The page of the exit codes, from the errors."""

import inspect
import re

from markdown import cell, linked

from trainstore import errors
from trainstore.cli.app import INTERRUPTED

_INTRODUCTION = """\
# Exit codes

The classes are those of `trainstore.errors`, for code that catches them; all are a `TrainstoreError`.
[Exit codes](../exit-codes.md) tells how errors are printed. `scripts/reference` writes this page from the code.

| code | class | means | next step |
|---|---|---|---|
| 0 | | Done. | |
"""


def exit_codes_page() -> str:
    """Return the page: one row for each class, by its code."""
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    rows = [_row(kind) for kind in sorted(classes, key=lambda kind: kind.exit_code)]
    last = f"| {INTERRUPTED} | | Interrupted by Ctrl-C; nothing was left half done, and what had been recorded by then is told. | |"
    return "\n".join([_INTRODUCTION + rows[0], *rows[1:], last]) + "\n"


def _row(kind: type[errors.TrainstoreError]) -> str:
    told = inspect.cleandoc(kind.__doc__ or "")
    means, step = told.partition("\n")[0], re.search(r"^Next step: (.*)\.$", told, re.MULTILINE)
    assert step, kind
    return f"| {kind.exit_code} | `{kind.__name__}` | {cell(means)} | {cell(linked(step[1]))} |"
