"""The names that functions give their metrics, taken apart."""

import re

# Words that say of which part a metric is.
VALIDATION = frozenset({"val", "valid", "validation", "dev", "eval"})

_WORDS = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+\d*(?![a-z])|\d+")


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case: ``val``, ``top5``, ``acc`` of ``valTop5_ACC``."""
    return [word.lower() for word in _WORDS.findall(name)]
