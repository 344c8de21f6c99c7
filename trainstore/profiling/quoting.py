"""Text from data made fit for a message: short, and with nothing in it that a terminal would obey."""

from collections.abc import Sequence

_LONGEST = 60
_NAMES_SHOWN = 20


def quoted(text: str) -> str:
    """In quotes, cut at 60 characters, control characters escaped."""
    return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def listed(names: Sequence[str]) -> str:
    """Names separated by commas, quoted only where they need it; the first 20 and how many there are."""
    if not names:
        return "nothing"
    shown = ", ".join(_bare(name) for name in names[:_NAMES_SHOWN])
    return shown if len(names) <= _NAMES_SHOWN else f"{shown}, … ({len(names)} in all)"


def _bare(name: str) -> str:
    """Without quotes where that leaves no doubt."""
    plain = 0 < len(name) <= _LONGEST and name.isprintable() and "," not in name and name == name.strip()
    return name if plain else quoted(name)


def reason_of(error: BaseException) -> str:
    """The words of a foreign error on one line: such words may quote the data itself."""
    return quoted(str(error))[1:-1] or type(error).__name__
