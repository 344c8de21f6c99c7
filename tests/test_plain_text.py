import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.execution.live_output import LiveOutput
from trainstore.plain_text import plain


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("loss\t0.5\nnext", "loss\t0.5\nnext"),
        ("\x1b[2J\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]52;c;c2VjcmV0\x1b\\text", "text"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never ended\nnext line", "\nnext line"),
        ("\x1bc\x1b(0text", "text"),
        ("bell\x07 back\x08 null\x00 delete\x7f", "bell back null delete"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\ud800surrogate", "surrogate"),
        ("user\u202eexe.txt\u2066", "userexe.txt"),
        ("naïve ✓ 中文 👩‍🔬", "naïve ✓ 中文 👩‍🔬"),
    ],
)
def test_what_a_terminal_would_obey_is_removed(hostile: str, shown: str) -> None:
    assert plain(hostile) == shown


@given(st.text(st.characters()))
def test_plain_text_is_printable_and_stays_as_it_is(text: str) -> None:
    once = plain(text)
    assert not any(ord(character) < 32 and character not in "\n\t" for character in once)
    once.encode()
    assert plain(once) == once


def test_lines_arrive_whole_whatever_the_chunks() -> None:
    lines: list[str] = []
    live = LiveOutput(lines.append)
    for byte in "épochs 1/2\r\nloss \x1b[1m0.5\x1b[0m\nrest".encode():
        live.add(bytes([byte]))
    assert lines == ["épochs 1/2", "loss 0.5"]
    live.close()
    assert lines[2:] == ["rest"]


def test_a_line_without_end_is_handed_on_in_pieces() -> None:
    lines: list[str] = []
    live = LiveOutput(lines.append)
    for _ in range(40):
        live.add(b"x" * 1000)
    live.close()
    assert "".join(lines) == "x" * 40_000
    assert max(map(len, lines)) <= 8_192
