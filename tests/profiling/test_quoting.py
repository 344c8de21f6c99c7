"""Text from data in messages: short and harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.profiling.quoting import listed, quoted, reason_of


@given(text=st.text(max_size=200), names=st.lists(st.text(max_size=80), max_size=30))
def test_messages_are_printable_and_bounded(text: str, names: list[str]) -> None:
    for message in (quoted(text), listed(names), reason_of(ValueError(text))):
        assert message.isprintable()
    assert len(quoted(text)) <= 60 * 10 + 2
    assert listed(names)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "nothing"),
        (["a", "b c"], "a, b c"),
        (["a,b", " a", ""], "'a,b', ' a', ''"),
        ([str(n) for n in range(22)], ", ".join(map(str, range(20))) + ", … (22 in all)"),
    ],
)
def test_names_are_quoted_only_where_it_matters(names: list[str], expected: str) -> None:
    assert listed(names) == expected


def test_a_foreign_error_without_words_is_named() -> None:
    assert reason_of(MemoryError()) == "MemoryError"
