"""How a person is told, on stderr, what is being shared and how far that is."""

import sys
import time
from collections.abc import Sequence

import click

from trainstore.cli.output import warn
from trainstore.plain_text import plain
from trainstore.wording.values import byte_size
from trainstore.workflows.transfers.progress import Transfer

_SECONDS_BETWEEN_COUNTS = 0.2
_CLEAR_LINE = "\x1b[K"


def telling_transfer() -> Transfer:
    """Tell each step and, on a terminal, how many bytes of how many have travelled."""
    told = time.monotonic()
    on_terminal = sys.stderr.isatty()

    def tell_step(step: str) -> None:
        click.secho(f"{_CLEAR_LINE if on_terminal else ''}· {plain(step)}", dim=True, err=True)

    def tell_bytes(done: int, total: int) -> None:
        nonlocal told
        if on_terminal and (done >= total or time.monotonic() - told > _SECONDS_BETWEEN_COUNTS):
            told = time.monotonic()
            click.echo(f"{_CLEAR_LINE}  {byte_size(done)} of {byte_size(total)}\r", nl=False, err=True)

    return Transfer(tell_step, tell_bytes)


def warn_of_lacking(paths: Sequence[str], dvc_remote: str | None) -> None:
    """Warn of pointers whose objects are nowhere."""
    for path in paths:
        warn(f"Nobody has all that {path} points to: neither DVC's cache nor the DVC remote {dvc_remote!r}.")
