"""What the commands print with: tables, times, sizes, and text from the store made safe for a terminal."""

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any

import click

from trainstore.execution.plain_text import plain

_LEAST_WIDTH = 6  # of a column that gives way before the first one does


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON object to stdout."""
    import json

    click.echo(json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace"))


class _Page(io.StringIO):
    """What stands in for the terminal until it is known whether the text fits on it."""

    def isatty(self) -> bool:
        return True


def columns() -> int | None:
    """Return how wide the terminal is; None where stdout is none, and nothing is to be cut."""
    if not sys.stdout.isatty():
        return None
    import shutil  # takes a while, and what is piped needs none of it

    return shutil.get_terminal_size().columns


@contextmanager
def paged() -> Iterator[None]:
    """On a terminal, show what is printed inside through the pager if it is longer than the screen, as git does."""
    if not sys.stdout.isatty():
        yield
        return
    page = _Page()
    with redirect_stdout(page):
        yield
    import shutil

    text = page.getvalue()
    if text.count("\n") < shutil.get_terminal_size().lines:
        click.echo(text, nl=False)
        return
    os.environ.setdefault("LESS", "FRX")
    click.echo_via_pager(text)


def note(text: str) -> None:
    """Tell a person something that is not the answer, on stderr."""
    click.echo(plain(text), err=True)


def warn(text: str) -> None:
    """Tell a person something to beware of, on stderr."""
    click.echo(f"{click.style('Warning:', fg='yellow', bold=True)} {plain(text)}", err=True)


def print_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in columns. On a terminal they fit its width; elsewhere nothing is cut."""
    cells = [[" ".join(plain("" if cell is None else str(cell)).split()) for cell in row] for row in rows]
    if width := columns():
        _print_fitted(headers, cells, width)
        return
    widths = [max(len(line[place]) for line in (headers, *cells)) for place in range(len(headers))]
    for line in (headers, *cells):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _print_fitted(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> None:
    """Print a table within a terminal's width.

    The widest columns give way first, but for the first one: its names are there to be copied.
    """
    from rich.cells import cell_len, set_cell_size  # some letters take two columns, some none

    def fitted(text: str, width: int) -> str:
        cut = cell_len(text) > width
        return set_cell_size(text, width - 1) + "…" if cut else set_cell_size(text, width)

    widths = [max(cell_len(row[place]) for row in (headers, *rows)) for place in range(len(headers))]
    excess = sum(widths) + 2 * (len(widths) - 1) - width
    for _ in range(max(0, excess)):
        widest = max(widths[1:], default=0)
        place = widths.index(widest, 1) if widest > _LEAST_WIDTH else widths.index(max(widths))
        widths[place] -= 1
    for row in (headers, *rows):
        cells = [fitted(text, max(width, 1)) for text, width in zip(row, widths, strict=True)]
        click.secho("  ".join(cells).rstrip(), bold=row is headers or None)


def print_code(code: str) -> None:
    """Print Python code, highlighted on a terminal."""
    if not sys.stdout.isatty():
        click.echo(code)
        return
    from pygments import highlight
    from pygments.formatters import TerminalFormatter
    from pygments.lexers import PythonLexer

    click.echo(highlight(code, PythonLexer(stripnl=False), TerminalFormatter()), nl=False)
