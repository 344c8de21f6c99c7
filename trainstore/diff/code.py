"""The difference of two texts of code, line by line."""

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class CodeDiff:
    """A unified diff, and how many lines it adds and removes. Empty text where the codes are equal."""

    unified: str
    added: int
    removed: int


def compare_code(old: str, new: str, old_name: str, new_name: str) -> CodeDiff:
    """Return the unified diff of two codes, with three lines of context."""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), old_name, new_name, lineterm=""))
    body = lines[2:]
    return CodeDiff(
        "\n".join(lines),
        sum(line.startswith("+") for line in body),
        sum(line.startswith("-") for line in body),
    )
