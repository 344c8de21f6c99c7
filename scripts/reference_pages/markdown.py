"""What the pages share of Markdown."""

import re


def anchor(title: str) -> str:
    """Return the anchor that a heading gets."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def cell(text: str) -> str:
    """Return text for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def linked(text: str) -> str:
    """Return text with a link to each page that it names as docs/PAGE.md."""
    return re.sub(r"\bdocs/(([\w-]+)\.md)", r"[\2](../\1)", text)


def table(head: str, rows: list[tuple[str, ...]]) -> str:
    """Return a table; ``head`` is its first line."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---" * len(rows[0]) + "|", *lines])
