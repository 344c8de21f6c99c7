"""What a worker prints, handed on line by line while it runs."""

import codecs
from collections.abc import Callable

from trainstore.plain_text import plain

_LONGEST_LINE = 8_192


class LiveOutput:
    """Gives each finished line to ``on_line``, as plain text without its line end."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._unfinished = ""

    def add(self, chunk: bytes) -> None:
        """Take what was read; a line without end is handed on in pieces."""
        text = self._unfinished + self._decoder.decode(chunk).replace("\r", "\n")
        *lines, self._unfinished = text.split("\n")
        if len(self._unfinished) > _LONGEST_LINE:
            lines.append(self._unfinished)
            self._unfinished = ""
        self._hand_on(lines)

    def close(self) -> None:
        """Hand on what has no line end."""
        self._hand_on([self._unfinished])
        self._unfinished = ""

    def _hand_on(self, lines: list[str]) -> None:
        for line in lines:
            for start in range(0, len(line), _LONGEST_LINE):
                if shown := plain(line[start : start + _LONGEST_LINE]).strip("\n"):
                    self._on_line(shown)
