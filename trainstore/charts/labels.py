"""Text that fits its place in a chart."""

import unicodedata

# These reorder what stands beside them, so that a line reads as something that it does not say.
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    """Return text on one line, with U+FFFD for each character that XML forbids or that hides or reorders others."""
    return "".join("\ufffd" if _is_hidden(character) else character for character in " ".join(text.split()))


def width_of(text: str, size: float) -> float:
    """Return about how wide text is, in pixels, at a size of a sans-serif font; rather too much than too little."""
    return size * sum(map(_width, text))


def shorten(text: str, width: float, size: float) -> str:
    """Return text cut to a width, with an ellipsis where something is missing."""
    if width_of(text, size) <= width:
        return text
    room = width - width_of("…", size)
    for place, character in enumerate(text):
        room -= _width(character) * size
        if room < 0:
            return text[:place].rstrip() + "…"
    return text


def told(value: float) -> str:
    """Return a number with four digits, as a person reads it."""
    mantissa, _, exponent = f"{value:.4g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def _is_hidden(character: str) -> bool:
    return character in _REORDERING or unicodedata.category(character) in ("Cc", "Cs", "Cn")


def _width(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in "ijlftI.,:;!|'()[] ":
        return 0.38
    if character in "mwMW@%…":
        return 1.0
    return 0.68 if character.isupper() else 0.62
