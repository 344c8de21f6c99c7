"""Text from untrusted code, made safe to print on a terminal."""

import re
import unicodedata

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor, screen
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # titles, clipboard
    r"|\x1b[ -/]*[0-~]"  # the short ones
)
_LINE_ENDS = re.compile(r"\r\n?")
# These reorder what stands beside them, so that a line reads as something that it does not say.
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    """Text without escape sequences, control characters, surrogates and reordering marks.

    Line feeds and tabs stay; a carriage return, as progress bars print it, becomes a line feed.
    """
    without_escapes = _LINE_ENDS.sub("\n", _ESCAPES.sub("", text))
    if without_escapes.isascii() and without_escapes.isprintable():
        return without_escapes
    return "".join(character for character in without_escapes if _is_plain(character))


def _is_plain(character: str) -> bool:
    if character in "\n\t":
        return True
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in _REORDERING
