"""Which words of a line changed into which of another."""

import re
from typing import TypeAlias

from trainstore.diff.code.alignment import changed_blocks

Span: TypeAlias = tuple[int, int]

_WORDS = re.compile(r"\w+|\s+|.", re.DOTALL)
_LONGEST = 1000  # letters of a line; of a longer one nobody reads the words
_LEAST_KEPT = 0.3  # of the letters; two lines that share less are two lines


def changed_words(old: str, new: str) -> tuple[list[Span], list[Span]] | None:
    """Return where two lines differ, as (start, end) in each; None where they have too little in common to tell."""
    if max(len(old), len(new)) > _LONGEST:
        return None
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    blocks = changed_blocks(before, after)
    spans = (
        _spans(before, [(block.old_start, block.old_end) for block in blocks]),
        _spans(after, [(block.new_start, block.new_end) for block in blocks]),
    )
    letters = len("".join(old.split())) + len("".join(new.split()))
    changed = sum(
        len("".join(line[start:end].split()))
        for line, found in zip((old, new), spans, strict=True)
        for start, end in found
    )
    return spans if letters - changed >= _LEAST_KEPT * letters else None


def _spans(words: list[str], ranges: list[Span]) -> list[Span]:
    """Return the letters that ranges of words take; empty ones left out."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    return [(starts[start], starts[end]) for start, end in ranges if end > start]
