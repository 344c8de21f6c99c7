import os
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trainstore.disk_format.trailers import from_message, join_names, one_line, split_names, to_message

ANY_TEXT = st.text(st.characters(exclude_categories=()))
KEYS = st.from_regex(r"[A-Z][a-z0-9]{0,5}(-[A-Z][a-z0-9]{0,5}){0,2}", fullmatch=True)
TRICKY_VALUES = [
    "",
    " ",
    "plain",
    "two\nlines",
    "two\n\nparagraphs",
    "ends\n",
    "Model-Name: forged",
    "x\nModel-Name: forged",
    "x\n\nModel-Name: forged\n",
    '"quoted"',
    '"',
    "back\\slash",
    "NUL\0here",
    "form\x0cfeed",
    "vertical\x0btab",
    "line\u2028separator",
    "paragraph\u2029separator",
    "next\x85line",
    "carriage\rreturn",
    "lone \ud800 surrogate",
    "\u202eright to left",
    " outer spaces ",
    "\ttabs\t",
    "non-breaking\u00a0",
    "---",
    "# comment",
    "(cherry picked from commit 0123)",
    "https://example.org/?a=b: c",
    "é 모델 😀",
    "x" * 20_000,
    "[1, 2]",
    "key=value",
]


def ask_git(message: str) -> list[tuple[str, str]]:
    """Return the trailers that git sees in a message."""
    ended = subprocess.run(
        ["git", "interpret-trailers", "--parse"],
        input=message.encode(errors="surrogateescape"),
        capture_output=True,
        check=True,
    )
    lines = os.fsdecode(ended.stdout).split("\n")[:-1]
    return [(key, value) for key, _, value in (line.partition(": ") for line in lines)]


@given(ANY_TEXT, st.lists(st.tuples(KEYS, ANY_TEXT | st.sampled_from(TRICKY_VALUES)), max_size=5))
def test_what_goes_into_a_message_comes_out(subject: str, trailers: list[tuple[str, str]]) -> None:
    assert from_message(to_message("save " + subject, trailers)) == trailers


@settings(max_examples=60)
@given(ANY_TEXT, st.lists(st.tuples(KEYS, ANY_TEXT | st.sampled_from(TRICKY_VALUES)), min_size=1, max_size=5))
@example("all", [("Key", value) for value in TRICKY_VALUES])
@example("with\n\nForged: yes\n", [("Key", "value")])
def test_git_sees_the_very_same_trailers(subject: str, trailers: list[tuple[str, str]]) -> None:
    message = to_message("save " + subject, trailers)
    seen = ask_git(message)
    assert [key for key, _ in seen] == [key for key, _ in trailers]
    assert from_message("save\n\n" + "\n".join(f"{key}: {value}" for key, value in seen)) == trailers


@pytest.mark.parametrize("value", TRICKY_VALUES, ids=lambda value: ascii(value)[:30])
def test_a_value_takes_one_line_of_plain_letters(value: str) -> None:
    line = to_message("save", [("Key", value)]).split("\n")[2]
    assert line.isprintable()
    assert from_message(f"save\n\n{line}\n") == [("Key", value)]


@pytest.mark.parametrize(
    "key", ["", "key", "Two Words", "Under_score", "Key:", "-Key", "Key-", "Key\n", "Ké", "9a"]
)
def test_a_key_that_git_would_stumble_over_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="trailer key"):
        to_message("save", [(key, "value")])


@pytest.mark.parametrize(
    ("message", "trailers"),
    [
        ("", []),
        ("\n\n\n", []),
        ("just a subject", []),
        ("Key: value", []),
        ("subject\n\nsome words", []),
        ("subject\n\nsome words\nKey: value", []),
        ("subject\n\nKey: value\nwords after", []),
        ("subject\n\nKey: value\n\nKey: second", [("Key", "second")]),
        ("subject\n\nKey:value", [("Key", "value")]),
        ("subject\n \t\nKey: value\n\n\n", [("Key", "value")]),
        ("subject\n\nKey: one\nKey: two", [("Key", "one"), ("Key", "two")]),
        ('subject\n\nKey: "not json', [("Key", '"not json')]),
        ('subject\n\nKey: "json" and more', [("Key", '"json" and more')]),
        ("subject\n\nKey: " + "[" * 100_000, [("Key", "[" * 100_000)]),
        ("subject\n\nKey: value\nSigned-off-by: T <t@x>", [("Key", "value"), ("Signed-off-by", "T <t@x>")]),
        ("subject\n\nKey: value\n(cherry picked from commit 0123456)", [("Key", "value")]),
    ],
    ids=lambda case: ascii(case)[:40],
)
def test_messages_of_other_hands(message: str, trailers: list[tuple[str, str]]) -> None:
    assert from_message(message) == trailers


@given(ANY_TEXT)
def test_any_message_is_read(message: str) -> None:
    from_message(message)
    from_message("subject\n\n" + message)


@given(ANY_TEXT)
def test_a_subject_is_one_short_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= 200
    assert one_line(line) == line


@given(
    st.lists(
        ANY_TEXT | st.sampled_from([*TRICKY_VALUES, "a,b", "a, b", ",", "[", "[]", "lr", "ä"]), max_size=5
    )
)
def test_joined_names_are_split_again(names: list[str]) -> None:
    assert split_names(join_names(names)) == names
    ((_, value),) = from_message(to_message("save", [("Parameters", join_names(names))]))
    assert split_names(value) == names


def test_plain_names_stay_readable() -> None:
    assert join_names(["lr", "hidden_size"]) == "lr, hidden_size"


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("", []),
        ("lr", ["lr"]),
        ("[broken", ["[broken"]),
        ("[" * 100_000, ["[" * 100_000]),
        ("[1, null]", ["1", "None"]),
    ],
    ids=lambda case: ascii(case)[:20],
)
def test_names_of_other_hands(value: str, names: list[str]) -> None:
    assert split_names(value) == names
