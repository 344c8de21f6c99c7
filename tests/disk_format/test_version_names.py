import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.disk_format.version_names import (
    Before,
    CommitPrefix,
    Current,
    FilePath,
    Numbered,
    Reading,
    parse_version_name,
)

PATH = "generated_training_functions/numpy_array/Net/training_function_numpy_array_Net_1.json"


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("Net", [Current("Net")]),
        ("numpy_array/Net", [Current("numpy_array/Net")]),
        ("Net@3", [Current("Net@3"), Numbered("Net", 3)]),
        ("Net@1704067200", [Current("Net@1704067200"), Numbered("Net", 1704067200)]),
        ("Net~1", [Current("Net~1"), Before("Net", 1)]),
        ("Net~", [Current("Net~"), Before("Net", 1)]),
        ("Net~0", [Current("Net~0"), Before("Net", 0)]),
        ("net@3@2", [Current("net@3@2"), Numbered("net@3", 2)]),
        ("net~1@2", [Current("net~1@2"), Numbered("net~1", 2)]),
        ("net@2~1", [Current("net@2~1"), Before("net@2", 1)]),
        ("Net@", [Current("Net@")]),
        ("Net@x", [Current("Net@x")]),
        ("Net@-1", [Current("Net@-1")]),
        ("Net@ 1", [Current("Net@ 1")]),
        ("Net@1234567890123", [Current("Net@1234567890123")]),
        ("Net@١", [Current("Net@١")]),
        ("Net@1\n", [Current("Net@1\n")]),
        ("@3", [Current("@3")]),
        ("~", [Current("~")]),
        ("@{-1}", [Current("@{-1}")]),
        ("0123abc", [Current("0123abc"), CommitPrefix("0123abc")]),
        ("0" * 40, [Current("0" * 40), CommitPrefix("0" * 40)]),
        ("0" * 64, [Current("0" * 64), CommitPrefix("0" * 64)]),
        ("0" * 65, [Current("0" * 65)]),
        ("012345", [Current("012345")]),
        ("0123abc\n", [Current("0123abc\n")]),
        ("HEAD", [Current("HEAD")]),
        (PATH, [Current(PATH), FilePath(PATH)]),
        ("Net@1.json", [Current("Net@1.json"), FilePath("Net@1.json")]),
        ("--output=x", [Current("--output=x")]),
        (":path", [Current(":path")]),
        ("", []),
        ("Net\0", []),
        ("Net\ud800", []),
        ("\udcff.json", []),
    ],
    ids=lambda case: ascii(case)[:40],
)
def test_the_readings_of_a_text_in_the_order_that_they_win(text: str, readings: list[Reading]) -> None:
    assert parse_version_name(text) == readings


@given(st.text(st.characters(exclude_categories=())) | st.text("@~0123456789abcdef./-{}\n\0N", max_size=60))
def test_any_text_is_read_and_its_own_name_wins(text: str) -> None:
    readings = parse_version_name(text)
    assert readings[:1] in ([], [Current(text)])
    assert len(readings) <= 3


@given(st.text(min_size=1).filter(lambda name: "\0" not in name), st.integers(0, 999_999_999_999))
def test_every_name_can_be_numbered_and_stepped_back_from(name: str, number: int) -> None:
    assert Numbered(name, number) in parse_version_name(f"{name}@{number}")
    assert Before(name, number) in parse_version_name(f"{name}~{number}")
    assert Before(name, 1) in parse_version_name(f"{name}~")
