"""Whether the output that a page shows is what a command really printed."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
VARIES = {
    r"127\.0\.0\.1:\d+": "127.0.0.1:PORT",
    r"_\d{10}(?=\.json|\.pin)": "_SECONDS",
    r"\b\d{4}-\d\d-\d\d(?:T[\d:]+Z)?": "DATE",
    r"\b(?=[a-f]*\d)[0-9a-f]{7,64}\b": "HEX",
    r"\b\d+ git objects?\b": "COUNT git objects",
    r"\b[\d.]+ (?:B|[kKMG]B)\b": "SIZE",
    r"\b(?:now$|now(?=[ )])|[\d.]+ (?:s|min|h|d) ago)": "AGE",
    r"\b[\d.]+ (?:ms|s|min|h|d)\b": "TIME",
    r"[-−+]?\b\d+(?:\.\d+(?:e-?\d+)?| ?(?=%))": "NUMBER",
    r"\b\de-\d\d\b": "NUMBER",
    r"sandbox (?:strong|partial)": "sandbox LEVEL",
    r"─+": "─",
    r"\s+": " ",
}


def normal(line: str) -> str:
    """Return a line with a word in the place of each id, time, size, width and measured number."""
    line = RUN_ID.sub("RUN", line)
    for pattern, word in VARIES.items():
        line = re.sub(pattern, word, line)
    return line.strip()


def plain(output: str, home: Path) -> list[str]:
    """Return what was printed as a page shows it: without empty lines, and the home folder as ``~``."""
    return [line for line in output.replace(str(home), "~").splitlines() if line.strip()]


def learn(shown: Sequence[str], printed: Sequence[str]) -> dict[str, str]:
    """Match what is shown with what was printed; ``…`` stands for any lines, or for a part of one.

    Returns:
        For each id of a run that the page shows, the one that is in its place.

    Raises:
        AssertionError: A line that is shown was not printed there, or one that was printed is not shown.
    """
    ids: dict[str, str] = {}
    place = 0
    parts = list(_parts(shown))
    for number, part in enumerate(parts):
        last = len(printed) - len(part)
        if number == 0:
            starts = [0]
        elif number == len(parts) - 1:
            starts = [last]
        else:
            starts = list(range(place, last + 1))
        start = next((start for start in starts if start >= place and _same(part, printed[start:])), None)
        assert start is not None, _told(part, printed[place:])
        for line, real in zip(part, printed[start:], strict=False):
            ids |= zip(RUN_ID.findall(line), RUN_ID.findall(real), strict=False)
        place = start + len(part)
    assert len(parts) > 1 or place == len(printed), f"printed and not shown: {printed[place:]}"
    return ids


def _parts(shown: Sequence[str]) -> Iterator[list[str]]:
    """Yield what stands before, between and after the lines that elide."""
    part: list[str] = []
    for line in shown:
        if line.strip() == "…":
            yield part
            part = []
        elif line.strip():
            part.append(line)
    yield part


def _same(shown: Sequence[str], printed: Sequence[str]) -> bool:
    return len(shown) <= len(printed) and all(map(_same_line, shown, printed))


def _same_line(shown: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(normal(part)) for part in shown.split("…"))
    return re.fullmatch(pattern, normal(printed), re.DOTALL) is not None


def _told(part: Sequence[str], printed: Sequence[str]) -> str:
    lines = "\n".join(f"  {line}" for line in printed)
    wanted = "\n".join(f"  {line}" for line in part)
    return f"shown, and not printed there:\n{wanted}\nprinted:\n{lines}"
