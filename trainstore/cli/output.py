"""What the commands print with: JSON, notes, code, and what is longer than the screen."""

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout

import click

from trainstore.plain_text import plain


def print_json(document: Mapping[str, object]) -> None:
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


def print_code(code: str) -> None:
    """Print Python code, highlighted on a terminal."""
    if not sys.stdout.isatty():
        click.echo(code)
        return
    from pygments import highlight
    from pygments.formatters import TerminalFormatter
    from pygments.lexers import PythonLexer

    click.echo(highlight(code, PythonLexer(stripnl=False), TerminalFormatter()), nl=False)
