"""Asking before something is done."""

import sys

import click

from trainstore.cli.output import note
from trainstore.errors import UsageError


def confirmed(question: str, undone: str) -> bool:
    """Ask a person; on stderr, as stdout is for programs.

    Args:
        question: answered by yes or no.
        undone: what to say after a no, or where there is nobody to ask, such as ``Nothing was removed``.

    Raises:
        UsageError: there is no terminal.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            f"{undone}: there is no terminal to confirm it on.", "Add --yes, or --dry-run to look only."
        )
    agreed = click.confirm(question, err=True)
    if not agreed:
        note(f"{undone}.")
    return agreed
