"""``--limit`` and ``--offset``, which every long list takes: both count from where a reader begins."""

import click

from trainstore.cli.options import Function
from trainstore.cli.output import note


def page_options(command: Function) -> Function:
    """Add both, of a list that is read from its start."""
    return _options(command, "At most N entries [default: all].", "Leave out the first N.")


def newest_options(command: Function) -> Function:
    """Add both, of a list that ends with what is newest."""
    return _options(command, "Only the N newest [default: all].", "Leave out the N newest.")


def _options(command: Function, limit_help: str, offset_help: str) -> Function:
    limit = click.option("--limit", type=click.IntRange(min=1), metavar="N", help=limit_help)
    offset = click.option("--offset", type=click.IntRange(min=0), default=0, metavar="N", help=offset_help)
    return limit(offset(command))


def note_nothing(offset: int, text: str) -> None:
    """Say that a list is empty, and why; where it only ends before this part, that."""
    note("The list ends before this part; leave out fewer with: --offset N" if offset else text)
