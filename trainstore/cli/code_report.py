"""How a difference of code is told: highlighted on a terminal, with the words that changed."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from trainstore.plain_text import plain

if TYPE_CHECKING:
    from trainstore.diff.code.code_diff import CodeDiff, Hunk, Line
    from trainstore.diff.code.words import Span

_COLOURS = {"+": "green", "-": "red"}
_LONGEST = 2000  # letters of a line that is highlighted, and shown on a terminal
_MOST_HIGHLIGHTED = 200_000  # letters in all


def print_code_diff(diff: "CodeDiff") -> None:
    """Print a unified diff; where nothing colours it, as other programs read it."""
    if diff.hunks and not sys.stdout.isatty():
        click.echo("\n".join(map(plain, diff.unified.split("\n"))))  # line by line: most need nothing done
        return
    if diff.hunks:
        for sign, name in zip("-+", diff.names, strict=True):
            click.secho(plain(f"{sign * 3} {name}"), bold=True)
    colours = _Highlighting(sum(len(line.text) for hunk in diff.hunks for line in hunk.lines))
    for hunk in diff.hunks:
        click.secho(hunk.header, fg="cyan")
        for place, line in enumerate(hunk.lines):
            click.echo(_line(line, _changed(hunk, place), colours))


def _line(line: "Line", changed: "Sequence[Span]", colours: "_Highlighting") -> str:
    colour = _COLOURS.get(line.sign)
    shown = plain(line.text[:_LONGEST])
    if shown != line.text:  # cut, or with letters taken out: places no longer count
        more = "…" if len(line.text) > _LONGEST else ""
        return click.style(f"{line.sign}{shown}{more}", fg=colour)
    sign = click.style(line.sign, fg=colour, bold=True) if colour else line.sign
    pieces, place = [sign], 0
    for start, end in changed:
        pieces.append(colours.of(line.text[place:start]))
        pieces.append(click.style(line.text[start:end], fg=colour, reverse=True))
        place = end
    return "".join((*pieces, colours.of(line.text[place:])))


def _changed(hunk: "Hunk", place: int) -> "Sequence[Span]":
    """Return where a line differs from its partner; nowhere in particular where it has none."""
    line = hunk.lines[place]
    if line.partner is None:
        return ()
    from trainstore.diff.code.words import changed_words

    old, new = sorted((line, hunk.lines[line.partner]), key=lambda one: one.sign, reverse=True)
    spans = changed_words(old.text, new.text)
    return () if spans is None else spans[line.sign == "+"]


class _Highlighting:
    """Python's colours for pieces of lines; none for more code than anybody reads."""

    def __init__(self, letters: int) -> None:
        self._wanted = letters <= _MOST_HIGHLIGHTED
        if self._wanted:
            from pygments.formatters import TerminalFormatter
            from pygments.lexers import PythonLexer

            self._lexer, self._formatter = PythonLexer(stripnl=False, ensurenl=False), TerminalFormatter()

    def of(self, text: str) -> str:
        """Return a piece of a line with its colours."""
        if not self._wanted or not text.strip():
            return text
        from pygments import highlight

        return str(highlight(text, self._lexer, self._formatter)).rstrip("\n")
