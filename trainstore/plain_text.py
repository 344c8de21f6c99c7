"""Text from untrusted code, made safe to print on a terminal."""

import re
import unicodedata

# As text, which `re` compiles at the first use: most of what is printed does without.
_ESCAPES = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor, screen
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # titles, clipboard
    r"|\x1b[ -/]*[0-~]"  # the short ones
)
_LINE_ENDS = r"\r\n?"
# These reorder what stands beside them, so that a line reads as something that it does not say.
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    """Text without escape sequences, control characters, surrogates and reordering marks.

    Line feeds and tabs stay; a carriage return, as progress bars print it, becomes a line feed.
    """
    if text.isascii() and text.isprintable():
        return text
    without_escapes = re.sub(_LINE_ENDS, "\n", re.sub(_ESCAPES, "", text))
    return "".join(character for character in without_escapes if _is_plain(character))


def one_line(text: str, length: int | None = None) -> str:
    """Plain text with single spaces in the place of line feeds and all other white space, cut at a length."""
    return " ".join(plain(text).split())[:length].rstrip()


def _is_plain(character: str) -> bool:
    if character in "\n\t":
        return True
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in _REORDERING
