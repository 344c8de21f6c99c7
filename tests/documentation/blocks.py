"""The commands that a page shows, with the output that it shows for them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
PROGRAM = re.compile(
    r"(?:[A-Z_]+=\S* )*(?:trainstore|git|dvc|pip|ray|python|ollama|export|(?:\./)?scripts/\w+) \S"
)
STEP = re.compile(r"^ *- run: (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """A command as a page shows it; ``shown`` are the lines below it, None where the page shows no output."""

    text: str
    line: int
    shown: tuple[str, ...] | None

    @property
    def fails(self) -> bool:
        """Whether the page shows that it ends with an error."""
        return any(re.match(r"[Ee]rror\b", line) for line in self.shown or ())


def commands_of(page: Path) -> list[Command]:
    """Return the commands of a page, in order: those behind ``$``, blocks of nothing else, and steps of CI's jobs."""
    text = page.read_text(encoding="utf-8")
    found: list[Command] = []
    for fence in FENCE.finditer(text):
        first = text[: fence.start("text")].count("\n") + 1
        lines = [line.removeprefix(fence["indent"]) for line in fence["text"].splitlines()]
        if fence["language"] == "yaml":
            found += [Command(step, first, None) for step in STEP.findall(fence["text"])]
        elif fence["language"] not in ("", "console"):
            continue
        elif any(line.startswith("$ ") for line in lines):
            found += _session(lines, first)
        elif PROGRAM.match(lines[0] if lines else ""):
            found += _list(lines, first)
    return found


def _session(lines: list[str], first: int) -> Iterator[Command]:
    place = 0
    while place < len(lines):
        start, place = place, _end_of(lines, place)
        if lines[start].startswith("$ "):
            text = "\n".join(lines[start:place])[2:]
            shown = list(takewhile(lambda line: not line.startswith("$ "), lines[place:]))
            place += len(shown)
            yield Command(text, first + start, tuple(shown))


def _list(lines: list[str], first: int) -> Iterator[Command]:
    place = 0
    while place < len(lines):
        start, place = place, _end_of(lines, place)
        if lines[start].strip() and not lines[start].startswith("#"):
            yield Command("\n".join(lines[start:place]), first + start, None)


def _end_of(lines: list[str], place: int) -> int:
    """Return the place behind a command, with the text that ``<<'END'`` begins, and lines that a backslash joins."""
    if "<<'END'" in lines[place]:
        return lines.index("END", place) + 1
    while lines[place].endswith("\\"):
        place += 1
    return place + 1
