"""Code as HTML: highlighted, a line at a time."""

from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from trainstore.plain_text import plain

_MOST_CHARACTERS = 200_000  # of code that is highlighted; more is shown as it is


def split_code(code: str) -> list[str]:
    """Return the lines of code, without the marks that make one read as something that it does not say."""
    return plain(code).removesuffix("\n").split("\n")


@lru_cache(maxsize=32)  # of a version that does not change, and is looked at again
def code_lines(code: str) -> Sequence[Markup]:
    """Return the lines of code, each as HTML that is whole by itself."""
    text = "\n".join(split_code(code))
    if len(text) > _MOST_CHARACTERS:
        return [escape(line) for line in text.split("\n")]
    lexer = PythonLexer(stripnl=False, ensurenl=True)
    marked = highlight(text, lexer, HtmlFormatter(nowrap=True))
    # The formatter ends each element at the end of its line and begins it anew on the next.
    return [Markup(line) for line in marked.removesuffix("\n").split("\n")]
