import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.diff.code.alignment import changed_blocks
from trainstore.diff.code.code_diff import compare_code
from trainstore.diff.code.words import changed_words

lines = st.lists(st.sampled_from("abcdefgh"), max_size=40)


@given(lines, lines)
def test_what_is_not_changed_is_equal_and_nothing_is_lost(old: list[str], new: list[str]) -> None:
    rebuilt: list[str] = []
    place = 0
    new_place = 0
    for block in changed_blocks(old, new):
        assert old[place : block.old_start] == new[new_place : block.new_start]
        rebuilt += old[place : block.old_start] + new[block.new_start : block.new_end]
        place, new_place = block.old_end, block.new_end
    assert old[place:] == new[new_place:]
    assert rebuilt + old[place:] == new


@given(lines)
def test_equal_sequences_have_no_changes(items: list[str]) -> None:
    assert changed_blocks(items, list(items)) == []


@given(lines, lines)
def test_as_much_stays_as_can_where_no_line_stands_once(old: list[str], new: list[str]) -> None:
    old, new = old + old, new + new  # so that nothing is an anchor
    removed = sum(block.old_end - block.old_start for block in changed_blocks(old, new))
    assert len(old) - removed == longest_common(old, new)


def longest_common(old: list[str], new: list[str]) -> int:
    row = [0] * (len(new) + 1)
    for item in old:
        before = row[:]
        for place, other in enumerate(new, start=1):
            row[place] = before[place - 1] + 1 if item == other else max(before[place], row[place - 1])
    return row[-1]


def test_a_unified_diff_is_what_other_programs_read(tmp_path: Path, git: Callable[..., str]) -> None:
    rng = random.Random(1)
    for number in range(20):
        old = [rng.choice(["    return x", "", f"line {rng.randrange(30)}"]) for _ in range(40)]
        new = [line for line in old if rng.random() > 0.2]
        new.insert(rng.randrange(len(new)), f"new {number}")
        before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
        (tmp_path / "code.py").write_text(before)
        found = compare_code(before, after, "a/code.py", "b/code.py")
        (tmp_path / "change.patch").write_text(found.unified + "\n")
        git(tmp_path, "apply", "change.patch")
        assert (tmp_path / "code.py").read_text() == after
        assert found.added == sum(line.startswith("+") for line in found.unified.splitlines()[2:])


def test_equal_code_has_no_diff_and_other_line_ends_are_told() -> None:
    assert not compare_code("a\nb\n", "a\nb\n", "x", "y")
    found = compare_code("a\nb\n", "a\r\nb\r\n", "x", "y")
    assert (found.unified, found.line_ends, bool(found)) == ("", True, True)


def test_as_many_lines_as_go_and_come_are_partners() -> None:
    (hunk,) = compare_code("a\nlr = 1\nb", "a\nlr = 2\nb", "x", "y").hunks
    assert [(line.sign, line.text, line.number, line.partner) for line in hunk.lines] == [
        (" ", "a", 1, None),
        ("-", "lr = 1", 2, 2),
        ("+", "lr = 2", 2, 1),
        (" ", "b", 3, None),
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("lr = 0.1, x", "lr = 0.2, x", (["1"], ["2"])),
        ("nn.ReLU(), d", "nn.GELU(), d", (["ReLU"], ["GELU"])),
        ("f(a)", "f(a, b)", ([], [", b"])),
        ("same", "same", ([], [])),
    ],
)
def test_the_words_that_changed_are_found(old: str, new: str, told: tuple[list[str], list[str]]) -> None:
    spans = changed_words(old, new)
    assert spans is not None
    assert (
        tuple(
            [text[start:end] for start, end in found] for text, found in zip((old, new), spans, strict=True)
        )
        == told
    )


@pytest.mark.parametrize("pair", [("import torch", "return model"), ("x" * 2000, "x" * 2001)])
def test_lines_with_little_in_common_have_no_changed_words(pair: tuple[str, str]) -> None:
    assert changed_words(*pair) is None


HOSTILE = {
    "10 MB": ("x = 1\n" * 1_700_000, "x = 2\n" * 1_700_000),
    "one line of 5 MB": ("x" * 5_000_000, "y" * 5_000_000),
    "200k lines, two kinds": (
        "".join(random.Random(1).choices(["a\n", "b\n"], k=200_000)),
        "".join(random.Random(2).choices(["a\n", "b\n"], k=200_000)),
    ),
    "200k lines, shuffled": (
        "\n".join(map(str, range(200_000))),
        "\n".join(map(str, random.Random(1).sample(range(200_000), 200_000))),
    ),
    "200k lines, each twice": (
        "\n".join(str(number // 2) for number in range(200_000)),
        "\n".join(str((number + 7) // 3) for number in range(200_000)),
    ),
    "null bytes and surrogates": ("\0\n\ud800\n" * 1000, "\0\n\udfff\n" * 1000),
    "open brackets": ("(" * 100_000, "[" * 100_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_code_of_any_kind_is_compared_in_bounded_time(name: str) -> None:
    begun = time.process_time()
    found = compare_code(*HOSTILE[name], "a", "b")
    assert found.unified and found.added and found.removed
    assert time.process_time() - begun < 20
